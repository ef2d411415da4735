-- A trust list may let an epoch of tag keys go only when every claim under it stands under an epoch that stays as well, spent ones too:
-- otherwise a person could be claimed again. Judged under the lock on the head, so that no claim can come between (docs/spec, Claims).

drop function ledger_append_artefact(timestamptz, timestamptz, bigint, text, bytea, bigint, bytea, bytea);

-- Returns the log index; null when the head has moved on; -1 when claims would be lost. Null or -1: nothing is written.
create function ledger_append_artefact(
    p_recorded_at timestamptz, p_business_at timestamptz, p_trust_list_version bigint,
    p_kind text, p_digest bytea, p_version bigint, p_content bytea, p_entry bytea, p_tag_epochs bigint[]
) returns bigint language plpgsql as $$
declare
    head log_head;
begin
    select * into strict head from log_head for update;
    if p_trust_list_version <> head.trust_list_version or p_recorded_at < head.recorded_at or p_business_at < head.business_at then
        return null;
    end if;
    if p_version is not null and exists (
        select from claims gone where gone.epoch <> all (p_tag_epochs)
            and not exists (select from claims kept where kept.case_id = gone.case_id and kept.epoch = any (p_tag_epochs))
    ) then
        return -1;
    end if;
    insert into entries (log_index, entry) values (head.size, p_entry);
    insert into objects (digest, kind, version, content, log_index) values (p_digest, p_kind, p_version, p_content, head.size);
    update log_head set size = head.size + 1, recorded_at = p_recorded_at, business_at = p_business_at,
        trust_list_version = coalesce(p_version, head.trust_list_version);
    return head.size;
end;
$$;
