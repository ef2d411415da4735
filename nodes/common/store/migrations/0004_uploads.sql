-- Documents on their way from the desk, in whole pieces, until they are complete or abandoned.
create table uploads (
    request_id uuid not null,
    position integer not null,
    digest bytea not null,
    content bytea not null,
    came_at timestamptz not null,
    primary key (request_id, position)
);
comment on column uploads.position is 'Of the piece: 0, 1, 2, … without a gap.';
comment on column uploads.digest is 'SHA-256 of the opening without its offset: what these pieces are pieces of.';
comment on column uploads.content is 'The piece, sealed under the storage key.';
alter table uploads alter column content set storage external; -- ciphertext does not compress
