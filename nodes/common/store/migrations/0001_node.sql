-- The tables of one province's node. Every writing transaction first locks node_head: one writer at a time, whatever the number of
-- processes, and changes are numbered in the order of their commits. Columns named "sealed under the storage key" hold personal data.

create table node_head (only_row boolean primary key default true check (only_row));
insert into node_head default values;
create sequence changes; -- drawn from only under that lock

-- The cases of this province, as far as their steps have been applied.
create table cases (
    case_id uuid primary key,
    service text not null,
    counterpart text not null,
    role text not null,
    case_state bytea,
    facts bytea not null,
    last_header bytea not null,
    next_seq bigint not null,
    pending text not null,
    refusal integer not null,
    alarm integer not null,
    opened_at timestamptz not null,
    version bigint not null,
    changed bigint not null,
    state text not null,
    ball_holder text not null,
    due_at timestamptz
);
comment on column cases.case_state is 'Canonical JSON of core.procedures.model.Case; null before step 1.';
comment on column cases.facts is 'What the payloads say, sealed under the storage key.';
comment on column cases.last_header is 'SHA-256 of the last header of this case that was applied here.';
comment on column cases.next_seq is 'The case_seq of the next own message.';
comment on column cases.pending is 'Own decision that is durable here and not yet a step of the case.';
comment on column cases.refusal is 'Number of the last refusal of an own message.';
comment on column cases.alarm is 'Number of what is wrong with something received; 0 when nothing is.';
alter table cases alter column facts set storage external; -- ciphertext does not compress
create unique index cases_changed on cases (changed);
create index cases_due on cases (due_at) where due_at is not null;

-- Own messages. Sealed bytes are durable before the first send and never made again.
create table outbox (
    position bigint generated always as identity primary key,
    message_id uuid not null unique,
    case_id uuid not null,
    action text not null,
    header bytea not null,
    key_id bytea not null,
    signature bytea not null,
    sealed_payload bytea not null,
    tag_opening bytea not null,
    content bytea not null,
    created_at timestamptz not null,
    answer bytea,
    refusal integer not null default 0,
    try_after timestamptz not null
);
comment on column outbox.content is 'The SealedContent, sealed under the storage key.';
comment on column outbox.answer is 'The hub''s signed receipt; null while there is none.';
comment on column outbox.refusal is 'Of a refused message, or of one that cannot be sent as it is (answer is null then, and it is not sent again).';
alter table outbox alter column sealed_payload set storage external, alter column content set storage external;
create index outbox_case on outbox (case_id);
create index outbox_waiting on outbox (position) where answer is null and refusal = 0;

-- Steps of cases: own accepted messages, received ones, and the hub's due events, in whatever order they became known.
create table steps (
    case_id uuid not null,
    step bigint not null,
    message_id uuid not null unique,
    sender text not null,
    body bytea not null,
    key_id bytea not null,
    signature bytea not null,
    accepted bytea not null,
    recorded_at timestamptz not null,
    business_at timestamptz not null,
    content bytea not null,
    problem integer not null,
    applied boolean not null,
    primary key (case_id, step)
);
comment on column steps.sender is 'Province, or hub for a due event.';
comment on column steps.body is 'Header or due event, verbatim.';
comment on column steps.accepted is 'The hub''s signed ACCEPTED receipt; empty for a due event.';
comment on column steps.content is 'The SealedContent under the storage key; where it could not be opened, the sealed bytes as they came.';
comment on column steps.problem is 'Why the content cannot be used; 0 when it can.';
alter table steps alter column content set storage external;
create index steps_time on steps (recorded_at);
create index steps_unapplied on steps (case_id) where not applied;

-- Logged DELIVERED receipts of messages, own and received: they start the limits that count from receipt.
create table delivered (
    message_id uuid primary key,
    case_id uuid not null,
    receipt bytea not null,
    business_at timestamptz not null,
    step bigint not null,
    applied boolean not null
);
create index delivered_unapplied on delivered (case_id) where not applied;
create index delivered_case on delivered (case_id);

-- The four strokes of irreversible actions.
create table operations (
    operation_id uuid primary key,
    case_id uuid not null,
    action text not null,
    message_id uuid not null unique,
    stroke text not null,
    request_id uuid not null,
    decision bytea not null,
    reserved bytea not null,
    refusal integer not null default 0
);
comment on column operations.decision is 'The DecideRequest, sealed under the storage key.';
comment on column operations.reserved is 'What the register answered to Reserve, sealed under the storage key; empty before.';
create index operations_unfinished on operations (case_id) where stroke not in ('done', 'rejected');

-- Mutations of the desk by request id: the same request gets the same answer.
create table requests (
    request_id uuid primary key,
    digest bytea not null,
    answer bytea,
    refusal integer not null default 0
);
comment on column requests.answer is 'The response, sealed under the storage key; null while the operation it began has none.';

-- Documents that this province sealed and uploaded, until a message names them.
create table documents (
    digest bytea primary key,
    counterpart text not null,
    description bytea not null,
    size bigint not null
);
comment on column documents.description is 'The MaterialDescription, sealed under the storage key.';

-- Versions of the trust list, each verified up to the root; the newest one is never given up for an older one.
create table trust_lists (
    version bigint primary key,
    content bytea not null
);
