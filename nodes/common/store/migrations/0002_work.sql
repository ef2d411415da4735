-- What the node asks of a register that only polls.
create table work (
    position bigint generated always as identity primary key,
    work_id uuid not null unique,
    operation_id uuid unique,
    item bytea not null,
    answer bytea,
    asked_at timestamptz not null
);
comment on table work is 'Calls that wait to be fetched or whose answer waits to be taken; a row goes with its answer.';
comment on column work.operation_id is 'Of a write; null for a read, which is dropped once nobody can wait for it any more.';
comment on column work.item is 'The WorkItem without its id, sealed under the storage key.';
comment on column work.answer is 'The CompleteWorkRequest, sealed under the storage key; null while there is none.';
create index work_open on work (position) where answer is null;
