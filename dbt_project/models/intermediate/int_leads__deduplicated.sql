-- One row per lead that counts, with the lead it is kept as (L01).
{{ deduplicated_leads(ref('int_leads__numbered'), ref('int_leads__keyed')) }}
