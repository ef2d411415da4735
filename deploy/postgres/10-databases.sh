#!/bin/sh
# Runs once, in an empty cluster: a database for the hub and one for each node, each owned by a role that can do nothing else.
# Names and passwords are those of the DSN files. A failure here leaves a cluster that must be removed before the next start.
set -eu
for file in "${DSN_FOLDER:-/run/secrets}"/dsn_*; do
    NAME=${file##*/dsn_}
    PASSWORD=$(sed -n 's#^postgresql://[^:]*:\([^@]*\)@.*#\1#p' "$file")
    export NAME PASSWORD
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv name NAME
\getenv password PASSWORD
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
SQL
done
