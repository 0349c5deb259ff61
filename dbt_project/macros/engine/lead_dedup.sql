{#
    SELECT of every lead of `candidates` (lead_id) with the lead it is kept as (L01), given `pairs`
    (earlier_id, later_id) of leads that may be duplicates: columns lead_id, kept_lead_id. A lead
    is a duplicate of the first kept one it pairs with, and kept where it pairs with none; since
    that depends on the leads before it, each round decides the leads whose earlier pairs are decided
    up to the first kept one, so that thousands with one phone take few rounds. `lead_no` numbers the
    leads in order.
#}
{% macro deduplicated_leads(candidates, pairs) -%}
{{ adapter.dispatch('deduplicated_leads', 'throughline')(candidates, pairs) }}
{%- endmacro %}

{# Of a lead's earlier pairs: all are decided, or a kept one comes before all that are not. #}
{% macro is_decided(earlier_no) -%}
(
    count(*) = count(earlier.lead_no)
    or min(case when earlier.kept_no = earlier.lead_no then earlier.lead_no end)
    < min(case when earlier.lead_no is null then {{ earlier_no }} end)
)
{%- endmacro %}

{% macro default__deduplicated_leads(candidates, pairs) -%}
with recursive

candidates as (

    select * from {{ candidates }}

),

pairs as (

    select * from {{ pairs }}

),

decided (lead_no, kept_no) using key (lead_no) as (

    select
        candidates.lead_no,
        candidates.lead_no as kept_no,
    from candidates
    left join pairs
        on candidates.lead_no = pairs.later_no
    where pairs.later_no is null

    union

    select
        open_pairs.later_no as lead_no,
        coalesce(
            min(case when earlier.kept_no = earlier.lead_no then earlier.lead_no end),
            open_pairs.later_no
        ) as kept_no,
    from (
        select
            pairs.earlier_no,
            pairs.later_no,
        from pairs
        where
            pairs.later_no in (
                select followers.later_no
                from pairs as followers
                inner join decided
                    on followers.earlier_no = decided.lead_no
            )
    ) as open_pairs
    left join recurring.decided as earlier
        on open_pairs.earlier_no = earlier.lead_no
    left join recurring.decided as known
        on open_pairs.later_no = known.lead_no
    where known.lead_no is null
    group by open_pairs.later_no
    having {{ is_decided('open_pairs.earlier_no') }}

)

select
    candidates.lead_id,
    kept.lead_id as kept_lead_id,
from candidates
inner join decided
    on candidates.lead_no = decided.lead_no
inner join candidates as kept
    on decided.kept_no = kept.lead_no
{%- endmacro %}

{% macro spark__deduplicated_leads(candidates, pairs) -%}
{%- set first = 'select candidates.lead_no, candidates.lead_no as kept_no
    from ' ~ candidates ~ ' as candidates
    left anti join ' ~ pairs ~ ' as pairs on candidates.lead_no = pairs.later_no' -%}
{%- set step = 'select lead_no, kept_no from {rows}
    union all
    select
        pairs.later_no as lead_no,
        coalesce(
            min(case when earlier.kept_no = earlier.lead_no then earlier.lead_no end), pairs.later_no
        ) as kept_no
    from ' ~ pairs ~ ' as pairs
    left join {rows} as earlier on pairs.earlier_no = earlier.lead_no
    left anti join {rows} as known on pairs.later_no = known.lead_no
    group by pairs.later_no
    having ' ~ is_decided('pairs.earlier_no') -%}
{%- set decided = settled(first, step, 'count(*)') -%}
select
    candidates.lead_id,
    kept.lead_id as kept_lead_id,
from {{ candidates }} as candidates
inner join {{ decided }} as decided
    on candidates.lead_no = decided.lead_no
inner join {{ candidates }} as kept
    on decided.kept_no = kept.lead_no
{%- endmacro %}
