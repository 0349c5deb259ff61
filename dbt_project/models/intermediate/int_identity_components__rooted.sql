-- One row per unlabelled node that has an edge, with the earliest node of its component.
{{ component_roots(ref('int_identity_edges__plain')) }}
