-- Every rule that this node ever ran under, in the order in which it learnt them: a case goes on under the rules that it began with,
-- whatever a later version of the software brings.
create table rules (
    position bigint generated always as identity primary key,
    kind text not null,
    digest bytea not null unique,
    content bytea not null
);
