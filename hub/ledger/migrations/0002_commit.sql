-- The commit: one call, one transaction, one round trip.
--
-- What Python computed from a snapshot is compared with the tables under the lock on log_head; then everything that still fits is written.
-- The unit that wins or loses is a case: all rows of one case in the batch together, and never those of another. Losers write nothing
-- and are computed again. Because every commit holds the lock, no other transaction can change what was compared before it is written.

create type ledger_case as (
    case_id uuid, expected bigint, state bytea, next_due timestamptz, open boolean, overdue text); -- expected 0: no such case; state null: unchanged
create type ledger_claim as (case_id uuid, tag bytea, epoch bigint);
create type ledger_entry as (case_id uuid, entry bytea, message_id uuid, receiver text);
-- `entry` in the rows below is the position (1, 2, 3…) of their entry in the batch.
create type ledger_message as (
    entry integer, message_id uuid, header_digest bytea, case_id uuid, sender text, receiver text, header bytea, key_id bytea,
    signature bytea, sealed_payload bytea, receipt bytea, refusal integer);
create type ledger_due_event as (entry integer, event_id uuid, case_id uuid, due_event bytea, key_id bytea, signature bytea);
create type ledger_delivery as (entry integer, receiver text, lane smallint, message_id uuid, case_id uuid);
create type ledger_acknowledgement as (entry integer, case_id uuid, message_id uuid, receiver text, receipt bytea, step bigint);

-- Cases of which something is no longer as it was when the batch was computed.
create function ledger_losers(
    p_cases ledger_case[], p_claims ledger_claim[], p_messages ledger_message[], p_due_events ledger_due_event[],
    p_acknowledgements ledger_acknowledgement[]
) returns uuid[] language sql stable as $$
    select array(
        select c.case_id from unnest(p_cases) c left join cases s using (case_id) where c.expected <> coalesce(s.version, 0)
        union
        select m.case_id from unnest(p_messages) m join messages s using (message_id)
        union
        select e.case_id from unnest(p_due_events) e join due_events s using (event_id)
        union
        select c.case_id from unnest(p_claims) c join claims s using (tag)
        union
        select a.case_id from unnest(p_acknowledgements) a join deliveries d using (message_id, receiver)
        where d.delivered_receipt is not null);
$$;

-- The log index of each entry of the batch, in order and without gaps; null for entries of losers.
create function ledger_indexes(p_entries ledger_entry[], p_lost uuid[], p_size bigint) returns bigint[] language sql immutable as $$
    select array_agg(case when won then p_size - 1 + place end order by n)
    from (
        select n, won, count(*) filter (where won) over (order by n) as place
        from (
            select n, case_id <> all (p_lost) as won
            from unnest(p_entries) with ordinality as u (case_id, entry, message_id, receiver, n)
        ) e
    ) placed;
$$;

-- Cases and their claims. A case that closes frees what it only held.
create function ledger_put_cases(p_cases ledger_case[], p_claims ledger_claim[], p_lost uuid[]) returns void language sql as $$
    insert into cases (case_id, version, state, next_due, open, overdue)
        select case_id, expected + 1, state, next_due, open, overdue from unnest(p_cases)
        where state is not null and case_id <> all (p_lost)
        on conflict (case_id) do update set version = excluded.version, state = excluded.state, next_due = excluded.next_due,
            open = excluded.open, overdue = excluded.overdue;
    delete from claims c using unnest(p_cases) k
        where k.case_id = c.case_id and k.state is not null and not k.open and not c.spent and k.case_id <> all (p_lost);
    insert into claims (tag, epoch, case_id) select tag, epoch, case_id from unnest(p_claims) where case_id <> all (p_lost);
$$;

-- Messages, due events and acknowledgements under the log indexes of their entries.
create function ledger_put_things(
    p_messages ledger_message[], p_due_events ledger_due_event[], p_acknowledgements ledger_acknowledgement[], p_indexes bigint[],
    p_business_at timestamptz
) returns void language sql as $$
    insert into messages (message_id, header_digest, case_id, sender, receiver, header, key_id, signature, sealed_payload, receipt, refusal, log_index)
        select message_id, header_digest, case_id, sender, receiver, header, key_id, signature, sealed_payload, receipt, refusal, p_indexes[entry]
        from unnest(p_messages) where p_indexes[entry] is not null;
    insert into due_events (event_id, case_id, due_event, key_id, signature, log_index)
        select event_id, case_id, due_event, key_id, signature, p_indexes[entry]
        from unnest(p_due_events) where p_indexes[entry] is not null;
    update deliveries d
        set delivered_receipt = a.receipt, delivered_index = p_indexes[a.entry], delivered_at = p_business_at, delivered_step = a.step
        from unnest(p_acknowledgements) a
        where d.message_id = a.message_id and d.receiver = a.receiver and p_indexes[a.entry] is not null;
$$;

-- Gives delivery numbers out; returns those of the winners, in the order of the batch.
create function ledger_deliver(p_deliveries ledger_delivery[], p_indexes bigint[], p_recorded_at timestamptz) returns bigint[] language sql as $$
    with placed as (
        select d.*, row_number() over (partition by receiver, lane order by n) as place, count(*) over (partition by receiver, lane) as total
        from unnest(p_deliveries) with ordinality as d (entry, receiver, lane, message_id, case_id, n)
        where p_indexes[entry] is not null
    ), heads as (
        insert into lanes (receiver, lane, last_seq) select distinct receiver, lane, total from placed
        on conflict (receiver, lane) do update set last_seq = lanes.last_seq + excluded.last_seq
        returning receiver, lane, last_seq
    ), numbered as (
        select p.*, h.last_seq - p.total + p.place as seq from placed p join heads h using (receiver, lane)
    ), stored as (
        insert into deliveries (receiver, lane, delivery_seq, message_id, case_id, committed_at)
        select receiver, lane, seq, message_id, case_id, p_recorded_at from numbered
    )
    select coalesce(array_agg(seq order by n), '{}') from numbered;
$$;

-- Returns stale = true and writes nothing when times or trust list have moved on; else the index of the first entry written, the cases
-- that lost, and the numbers of the deliveries that won.
create function ledger_commit(
    p_recorded_at timestamptz, p_business_at timestamptz, p_trust_list_version bigint,
    p_cases ledger_case[], p_claims ledger_claim[], p_entries ledger_entry[], p_messages ledger_message[],
    p_due_events ledger_due_event[], p_deliveries ledger_delivery[], p_acknowledgements ledger_acknowledgement[],
    out stale boolean, out first_index bigint, out lost uuid[], out seqs bigint[]
) language plpgsql as $$
declare
    head log_head;
    indexes bigint[];
begin
    select * into strict head from log_head for update;
    first_index := head.size;
    stale := p_trust_list_version <> head.trust_list_version or p_recorded_at < head.recorded_at or p_business_at < head.business_at;
    if stale then
        return;
    end if;
    lost := ledger_losers(p_cases, p_claims, p_messages, p_due_events, p_acknowledgements);
    indexes := ledger_indexes(p_entries, lost, head.size);
    insert into entries (log_index, entry, message_id, receiver)
        select indexes[n], entry, message_id, receiver
        from unnest(p_entries) with ordinality as e (case_id, entry, message_id, receiver, n) where indexes[n] is not null;
    perform ledger_put_cases(p_cases, p_claims, lost);
    perform ledger_put_things(p_messages, p_due_events, p_acknowledgements, indexes, p_business_at);
    seqs := ledger_deliver(p_deliveries, indexes, p_recorded_at);
    update log_head set recorded_at = p_recorded_at, business_at = p_business_at,
        size = head.size + (select count(*) from unnest(indexes) i where i is not null);
end;
$$;

-- Appends a trust list or a rules artefact. Null, and nothing written, when times or trust list have moved on.
create function ledger_append_artefact(
    p_recorded_at timestamptz, p_business_at timestamptz, p_trust_list_version bigint,
    p_kind text, p_digest bytea, p_version bigint, p_content bytea, p_entry bytea
) returns bigint language plpgsql as $$
declare
    head log_head;
begin
    select * into strict head from log_head for update;
    if p_trust_list_version <> head.trust_list_version or p_recorded_at < head.recorded_at or p_business_at < head.business_at then
        return null;
    end if;
    insert into entries (log_index, entry) values (head.size, p_entry);
    insert into objects (digest, kind, version, content, log_index) values (p_digest, p_kind, p_version, p_content, head.size);
    update log_head set size = head.size + 1, recorded_at = p_recorded_at, business_at = p_business_at,
        trust_list_version = coalesce(p_version, head.trust_list_version);
    return head.size;
end;
$$;
