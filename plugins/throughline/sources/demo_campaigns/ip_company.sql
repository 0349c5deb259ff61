-- The contract wants an address as its keyed hash; conform's own macros make it.
select
    _file,
    _row,
    pii_hash(ip_of(address)) as ip_hash,
    valid_from,
    company_name,
    domain,
    kind,
    confidence,
from offices
