-- Holding: a delivery that its receiver could not process so many times is sent no more, until an operator has it replayed.

alter table deliveries add column held_at timestamptz;
comment on column deliveries.held_at is 'Since when it is held; of no meaning once it is acknowledged.';

drop index deliveries_waiting;
create index deliveries_waiting on deliveries (receiver, lane, delivery_seq) include (committed_at)
    where delivered_receipt is null and held_at is null;
create index deliveries_held on deliveries (receiver) where delivered_receipt is null and held_at is not null;

-- What receivers answered instead of DELIVERED, signed: evidence, kept for ever. A repeat of the same bytes is no further attempt.
create table attempts (
    message_id uuid not null,
    receiver text not null,
    answer_digest bytea not null,
    answer bytea not null,
    refusal integer not null,
    answered_at timestamptz not null,
    counts boolean not null default true,
    primary key (message_id, receiver, answer_digest)
);
comment on column attempts.counts is 'False once the delivery was replayed.';
