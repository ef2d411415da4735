-- The number of the last change stands in the row that every writer locks: whoever finds the number that he left there knows that nobody
-- wrote since, and that what he remembers of cases still holds.
alter table node_head add column number bigint not null default 0;
update node_head set number = nextval('changes');
drop sequence changes;
comment on column node_head.number is 'Of the last change of this node; grows with every writing transaction.';
comment on column outbox.content is 'The SealedContent, sealed under the storage key, until its case is closed.';
comment on column steps.content is 'The SealedContent under the storage key; where it could not be opened, the sealed bytes as they came; empty where the outbox has it.';
