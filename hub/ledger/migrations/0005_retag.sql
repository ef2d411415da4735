-- The province that made claims makes them again under newer epochs of tag keys, spent ones too (docs/spec, Claims, Retag). Nothing is
-- logged: tags are not in the log. Judged under the lock on the head, so that neither a commit nor a trust list can come between.

-- Returns 'stale' when another trust list is in force, 'unclaimed' when the case has no claims, 'different' when these are not the tags of
-- the same people, 'taken' when another case has one of them, else 'done'. Anything but 'done': nothing is written.
create function ledger_retag(p_trust_list_version bigint, p_case_id uuid, p_tags bytea[], p_epochs bigint[]) returns text language plpgsql as $$
declare
    version bigint;
begin
    select trust_list_version into strict version from log_head for update;
    if version <> p_trust_list_version then
        return 'stale';
    end if;
    if not exists (select from claims where case_id = p_case_id) then
        return 'unclaimed';
    end if;
    if exists (select from unnest(p_tags) t (tag) join claims c using (tag) where c.case_id <> p_case_id) then
        return 'taken';
    end if;
    -- As many people under each epoch as before, and where the case has tags of an epoch, those.
    if exists (
        select from unnest(p_epochs) t (epoch) group by epoch
        having count(*) not in (select count(*) from claims where case_id = p_case_id group by epoch)
    ) or exists (
        select from claims c where c.case_id = p_case_id and c.epoch = any (p_epochs)
            and not exists (select from unnest(p_tags, p_epochs) t (tag, epoch) where t.tag = c.tag and t.epoch = c.epoch)
    ) then
        return 'different';
    end if;
    insert into claims (tag, epoch, case_id, spent)
        select t.tag, t.epoch, p_case_id, (select bool_or(spent) from claims where case_id = p_case_id)
        from unnest(p_tags, p_epochs) t (tag, epoch)
        where not exists (select from claims c where c.tag = t.tag);
    return 'done';
end;
$$;
