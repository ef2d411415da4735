-- The ledger's tables. One transaction a commit (0002_commit.sql) writes them; the lock on log_head puts all commits in one order.
-- Nothing here can be read back into a person: headers are pseudonymous, payloads sealed, tags hashed under the hub's pepper.

create table log_head (
    only_row boolean primary key default true check (only_row),
    size bigint not null,
    recorded_at timestamptz not null,
    business_at timestamptz not null,
    trust_list_version bigint not null
);

-- Entries of the log in their order; what an entry names lies in messages, due_events, deliveries and objects.
create table entries (
    log_index bigint primary key,
    entry bytea not null,
    message_id uuid,
    receiver text
);
create index entries_message on entries (message_id) where message_id is not null;

-- The state of every case: canonical JSON of core.procedures.model.Case. `version` grows with each change.
create table cases (
    case_id uuid primary key,
    version bigint not null,
    state bytea not null,
    next_due timestamptz,
    open boolean not null,
    overdue text
);
comment on column cases.overdue is 'Province that holds the ball while a limit has passed, else null.';
create index cases_due on cases (next_due) where open;
create index cases_overdue on cases (overdue) where open and overdue is not null;

-- Accepted and refused messages. A refused one keeps its header and signature as evidence, its sealed payload is not kept.
create table messages (
    message_id uuid primary key,
    header_digest bytea not null,
    case_id uuid not null,
    sender text not null,
    receiver text not null,
    header bytea not null,
    key_id bytea not null,
    signature bytea not null,
    sealed_payload bytea not null,
    receipt bytea not null,
    refusal integer not null,
    log_index bigint not null
);
comment on column messages.receipt is 'The serialised SignedReceipt, given back verbatim to every repeat.';
comment on column messages.refusal is 'Number of the refusal; 0 when accepted.';
alter table messages alter column sealed_payload set storage external; -- ciphertext does not compress

-- Events that the clock made: signed by the hub.
create table due_events (
    event_id uuid primary key,
    case_id uuid not null,
    due_event bytea not null,
    key_id bytea not null,
    signature bytea not null,
    log_index bigint not null
);

-- The outbox: 1, 2, 3… for each receiver and lane, given out inside the commit.
create table lanes (
    receiver text not null,
    lane smallint not null,
    last_seq bigint not null,
    primary key (receiver, lane)
);
create table deliveries (
    receiver text not null,
    lane smallint not null,
    delivery_seq bigint not null,
    message_id uuid not null,
    case_id uuid not null,
    committed_at timestamptz not null,
    delivered_receipt bytea,
    delivered_index bigint,
    delivered_at timestamptz,
    delivered_step bigint,
    primary key (receiver, lane, delivery_seq),
    unique (message_id, receiver)
);
comment on column deliveries.message_id is 'Id of a message or of a due event.';
comment on column deliveries.delivered_at is 'Business time of the DELIVERED entry; delivered_step: steps that the case had then.';
create index deliveries_waiting on deliveries (receiver, lane, delivery_seq) include (committed_at) where delivered_receipt is null;

-- Where the publisher stands in each lane; behind the truth after a crash, never before it.
create table published (
    receiver text not null,
    lane smallint not null,
    seq bigint not null,
    primary key (receiver, lane)
);

-- Blind tags of open cases, each as HMAC(pepper, tag). A spent claim outlives its case.
create table claims (
    tag bytea primary key,
    epoch bigint not null,
    case_id uuid not null,
    spent boolean not null default false
);
create index claims_case on claims (case_id);

-- Artefacts that entries name and that are no message: trust lists (with their version) and rules.
create table objects (
    digest bytea primary key,
    kind text not null,
    version bigint,
    content bytea not null,
    log_index bigint not null
);
create unique index objects_trust_list on objects (version) where kind = 'trust-list';

-- One open stream a province. The database's clock judges heartbeats, it is the one that all hub processes share.
create table leases (
    province text primary key,
    instance text not null,
    holder text not null,
    epoch bigint not null,
    heartbeat timestamptz not null
);

-- The log writer's row: the last checkpoint, changed by compare-and-set on its size.
create table log_writer (
    only_row boolean primary key default true check (only_row),
    size bigint not null,
    root bytea not null,
    note bytea not null
);
insert into log_writer (size, root, note) values (0, '', '');
