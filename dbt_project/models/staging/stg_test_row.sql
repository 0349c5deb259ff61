-- Rows marked as a test in their source: staging leaves them out (G8), audit.exclusions counts them.
-- They are counted as G4 leaves them: of the copies of a key the one that wins, read again every
-- night or not. Copies of an event agree, so that those marked are counted by their key; only of
-- the keys that have a marked row need the copies be compared.
{# Entity → key, by how copies of it compete. #}
{% set events = {
    'api_request_log': ['request_id'],
    'app_event': ['event_id'],
    'cdr': ['call_id'],
    'click': ['event_id'],
    'content_event': ['event_id'],
    'form_submit': ['event_id'],
    'link_click': ['click_id'],
    'mkt_event_interaction': ['id'],
    'pageview': ['event_id'],
    'scrm_message': ['msg_id'],
    'search_term': ['event_id'],
    'touch': ['touch_id'],
    'touch_event': ['touch_id', 'kind', 'ts'],
} %}
{% set reports = {
    'ad_spend_daily': ['platform', 'account_id', 'campaign_id', 'adgroup_id', 'keyword_id', 'match_type', 'device', 'date'],
    'app_download_daily': ['store', 'channel_pkg', 'date'],
    'company_account_daily': ['company_id', 'date'],
    'seo_rank_daily': ['engine', 'device', 'keyword', 'date'],
    'tenant_activity': ['tenant_id', 'end_customer_id', 'date'],
} %}
{% set states = {
    'account': ['account_id'],
    'activity': ['activity_id'],
    'api_endpoint': ['endpoint_id', 'valid_from'],
    'call_disposition': ['call_id'],
    'channel_budget': ['channel_id', 'month'],
    'channel_cost_monthly': ['channel_id', 'month', 'cost_type'],
    'company_account': ['company_id'],
    'contact': ['contact_id'],
    'content': ['content_id'],
    'contract': ['contract_id'],
    'csat_response': ['response_id'],
    'employee_account': ['company_id', 'employee_id'],
    'exp_assignment': ['experiment_id', 'unit_id', 'variant'],
    'experiment': ['experiment_id'],
    'feedback': ['feedback_id'],
    'fx_rate': ['date', 'currency', 'base_currency'],
    'im_chat': ['chat_id'],
    'invoice': ['invoice_id'],
    'lead': ['lead_id'],
    'lead_status_history': ['lead_id', 'changed_at'],
    'mkt_event': ['event_id'],
    'mkt_event_cost': ['event_id', 'cost_line'],
    'mkt_registration': ['event_id', 'person_key'],
    'nps_response': ['response_id'],
    'opp_stage_history': ['opportunity_id', 'entered_at'],
    'opportunity': ['opportunity_id'],
    'order': ['order_id'],
    'owner': ['owner_id', 'valid_from'],
    'payment': ['payment_id'],
    'person_profile': ['person_key'],
    'referral': ['referral_id'],
    'refund': ['refund_id'],
    'sales_target': ['owner_id', 'month', 'product'],
    'scrm_friend': ['staff_id', 'customer_uid', 'added_at'],
    'scrm_friend_request': ['request_id'],
    'staff_task': ['task_id', 'staff_id'],
    'subscription_item': ['item_id'],
    'support_contact': ['case_id'],
    'tag_assignment': ['subject_type', 'subject_id', 'tag', 'value', 'valid_from'],
    'tag_task': ['task_id', 'staff_id', 'customer_uid', 'tag'],
    'tenant_end_customer': ['tenant_id', 'end_customer_id'],
    'tenant_order': ['tenant_id', 'order_id'],
    'touch_task': ['task_id'],
    'utm_link': ['short_code'],
} %}
with

marked as (
    {% for entity, key in events.items() -%}
    {%- if not loop.first %}
    union all
    {% endif %}
    select
        '{{ entity }}' as entity,
        count(*) as rows,
    from (
        select distinct {{ key | join(', ') }} from {{ source('input', entity) }} where is_test
    ) as copies
    {% endfor %}
    {%- for entity, key in dict(reports, **states).items() %}
    union all

    select
        '{{ entity }}' as entity,
        count(*) as rows,
    from (
        select
            is_test,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by {{ 'coalesce(updated_at, _loaded_at) desc, ' if entity in states }}_loaded_at desc, _row_hash desc
            ) as version_no,
        from {{ source('input', entity) }}
        where
            ({{ key | join(', ') }}) in (
                select {{ key | join(', ') }} from {{ source('input', entity) }} where is_test
            )
            {% if entity in states -%}
            and (updated_at is null or updated_at < {{ param('as_of_end') }})
            {%- endif %}
    ) as copies
    where version_no = 1 and is_test
    {% endfor %}
),

final as (

    select
        entity,
        rows,
    from marked

)

select * from final
