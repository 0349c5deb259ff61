{#
    SELECT of every lead of `candidates` (lead_id) with the lead it is kept as (L01), given `keys`
    (lead_no, created_at, key_type, key_no), what leads share: columns lead_id, kept_lead_id.
    `lead_no` numbers the leads in order. A lead is a duplicate of the first kept one that it shares
    a key with and that is no more than lead_dedup_days older, and kept where there is none.

    That depends on the leads before it. Each round drops the leads that one just kept makes
    duplicates, and keeps those left that share no key with another one left that is as near before
    them. No two leads are compared, only a lead with the one before it of a key: thousands with one
    phone cost what thousands with their own do.
#}
{% macro deduplicated_leads(candidates, keys) -%}
{{ adapter.dispatch('deduplicated_leads', 'throughline')(candidates, keys) }}
{%- endmacro %}

{# Leads left open after one more round, and those that it keeps, as `rows` (lead_no, is_kept) are now. #}
{% macro kept_in_round(keys, rows) -%}
select
    lead_no,
    not bool_or(coalesce({{ is_near('created_at', 'before_at') }}, false)) as is_kept
from (
    select
        lead_no,
        created_at,
        lag(created_at) over (partition by key_type, key_no order by lead_no) as before_at
    from (
        select
            lead_no,
            created_at,
            key_type,
            key_no,
            is_kept,
            bool_or(coalesce({{ is_near('created_at', 'kept_at') }}, false))
                over (partition by lead_no) as is_duplicate
        from (
            select
                keyed.lead_no,
                keyed.created_at,
                keyed.key_type,
                keyed.key_no,
                rounds.is_kept,
                max(case when rounds.is_kept then keyed.created_at end) over (
                    partition by keyed.key_type, keyed.key_no order by keyed.lead_no
                    rows between unbounded preceding and 1 preceding
                ) as kept_at
            from {{ keys }} as keyed
            inner join {{ rows }} as rounds
                on keyed.lead_no = rounds.lead_no
        ) as seen
    ) as judged
    where not is_kept and not is_duplicate
) as spaced
group by lead_no
{%- endmacro %}

{% macro is_near(at, before) -%}
{{ at }} <= {{ before }} + interval '{{ var("lead_dedup_days") }} days'
{%- endmacro %}

{# Of the kept leads of one key no two are near each other: the last one before a lead is the only near one. #}
{% macro leads_kept_as(candidates, keys, kept) -%}
last_kept as (

    select
        keyed.lead_no,
        keyed.created_at,
        max(kept.lead_no) over same_key as kept_no,
        max(case when kept.lead_no is not null then keyed.created_at end) over same_key as kept_at,
    from {{ keys }} as keyed
    left join {{ kept }} as kept
        on keyed.lead_no = kept.lead_no
    window same_key as (
        partition by keyed.key_type, keyed.key_no order by keyed.lead_no
        rows between unbounded preceding and current row
    )

),

first_kept as (

    select
        lead_no,
        min(kept_no) as kept_no,
    from last_kept
    where {{ is_near('created_at', 'kept_at') }}
    group by lead_no

)

select
    candidates.lead_id,
    coalesce(kept_leads.lead_id, candidates.lead_id) as kept_lead_id,
from {{ candidates }} as candidates
left join first_kept
    on candidates.lead_no = first_kept.lead_no
left join {{ candidates }} as kept_leads
    on first_kept.kept_no = kept_leads.lead_no
{%- endmacro %}

{% macro default__deduplicated_leads(candidates, keys) -%}
with recursive

rounds (lead_no, is_kept) as (

    select distinct
        lead_no,
        false as is_kept,
    from {{ keys }}

    union all

    {{ kept_in_round(keys, 'rounds') }}

),

kept as (

    select lead_no from rounds
    where is_kept

),

{{ leads_kept_as(candidates, keys, 'kept') }}
{%- endmacro %}

{# The rows of a round go on with all that was kept so far: Spark has no rounds to look back on. #}
{% macro spark__deduplicated_leads(candidates, keys) -%}
{%- set first = 'select distinct lead_no, false as is_kept from ' ~ keys -%}
{%- set step = kept_in_round(keys, '{rows}')
    ~ ' union all select lead_no, is_kept from {rows} where is_kept' -%}
{%- set signature = 'count(*), sum(case when is_kept then 1 else 0 end)' -%}
{%- set decided = settled(first, step, signature) -%}
with

kept as (

    select lead_no from {{ decided }}
    where is_kept

),

{{ leads_kept_as(candidates, keys, 'kept') }}
{%- endmacro %}
