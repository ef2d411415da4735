# One image for hub, nodes, trial registers and the command line programs. Nothing is fetched that requirements.lock does not name by hash.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/yrdx && /opt/yrdx/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY proto proto
COPY core core
COPY pki pki
COPY runtime runtime
COPY hub hub
COPY nodes nodes
COPY audit audit
COPY simulator simulator
RUN /opt/yrdx/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps .

FROM python:3.11.14-slim-bookworm
# The user that owns the key files on this machine: they are mounted, and readable by nobody else.
ARG UID=1000
RUN groupadd --gid "$UID" yrdx && useradd --uid "$UID" --gid "$UID" --no-create-home --shell /usr/sbin/nologin yrdx \
    && install --directory --owner yrdx --group yrdx --mode 0750 /var/lib/yrdx /var/lib/yrdx/log /var/lib/yrdx/materials
COPY --from=build /opt/yrdx /opt/yrdx
COPY deploy/setup.py /opt/yrdx/deploy/setup.py
ENV PATH=/opt/yrdx/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER yrdx
WORKDIR /var/lib/yrdx
