"""Limits and keepalive that both ends of a channel agree on."""

from __future__ import annotations

MESSAGE_LIMIT = 16 * 1024 * 1024
"""Bytes of one message, both ways; documents are larger and travel in chunks."""

COMMON = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),  # a peer that is silent for 30 s is gone
    ("grpc.keepalive_permit_without_calls", 1),
)
SERVER = (
    *COMMON,
    ("grpc.http2.max_ping_strikes", 0),  # pings that came while this process stood still are no abuse; callers are known by certificate
    ("grpc.so_reuseport", 0),  # a second process on the same port must fail, not share its callers
)
CLIENT = (
    *COMMON,
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),  # the default grows to two minutes
    ("grpc.min_reconnect_backoff_ms", 5_000),  # in truth the time one attempt may take, TLS included
    ("grpc.use_local_subchannel_pool", 1),  # each channel has its own connection
    ("grpc.enable_http_proxy", 0),
)
