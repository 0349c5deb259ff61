-- The contract wants an address as its keyed hash; conform's own macros make it.
select
    _file,
    _row,
    kind,
    case kind when 'ip' then pii_hash(ip_of(value)) else value end as value,
from internal_list
