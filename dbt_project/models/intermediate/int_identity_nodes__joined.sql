-- One row per node with the edge that joined it to the earliest node of its person (0 for that one).
{{ reached_nodes(ref('int_identity_roots__listed'), ref('int_identity_edges__accepted')) }}
