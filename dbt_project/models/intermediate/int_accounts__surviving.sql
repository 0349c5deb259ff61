-- One row per record, with the record that survives its merges (G13).
{{ surviving(ref('stg_account'), 'account_id') }}
