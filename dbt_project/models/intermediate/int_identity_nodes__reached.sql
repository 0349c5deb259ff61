-- One row per node that a login reaches, with the largest edge on its way there (0 for a login).
{{ reached_nodes(ref('int_identity_logins__listed'), ref('int_identity_edges__admitted')) }}
