-- One row per record, with the record that survives its merges (G13).
{{ surviving(ref('stg_company_account'), 'company_id') }}
