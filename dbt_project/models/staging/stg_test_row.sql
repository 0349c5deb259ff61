-- Rows marked as a test in their source: staging leaves them out (G8), audit.exclusions counts them.
with

marked as (

    select 'account' as entity, count(*) as rows from {{ source('input', 'account') }} where is_test
    union all
    select 'activity' as entity, count(*) as rows from {{ source('input', 'activity') }} where is_test
    union all
    select 'ad_spend_daily' as entity, count(*) as rows from {{ source('input', 'ad_spend_daily') }} where is_test
    union all
    select 'api_endpoint' as entity, count(*) as rows from {{ source('input', 'api_endpoint') }} where is_test
    union all
    select 'api_request_log' as entity, count(*) as rows from {{ source('input', 'api_request_log') }} where is_test
    union all
    select 'app_download_daily' as entity, count(*) as rows from {{ source('input', 'app_download_daily') }} where is_test
    union all
    select 'app_event' as entity, count(*) as rows from {{ source('input', 'app_event') }} where is_test
    union all
    select 'call_disposition' as entity, count(*) as rows from {{ source('input', 'call_disposition') }} where is_test
    union all
    select 'cdr' as entity, count(*) as rows from {{ source('input', 'cdr') }} where is_test
    union all
    select 'channel_budget' as entity, count(*) as rows from {{ source('input', 'channel_budget') }} where is_test
    union all
    select 'channel_cost_monthly' as entity, count(*) as rows from {{ source('input', 'channel_cost_monthly') }} where is_test
    union all
    select 'click' as entity, count(*) as rows from {{ source('input', 'click') }} where is_test
    union all
    select 'company_account' as entity, count(*) as rows from {{ source('input', 'company_account') }} where is_test
    union all
    select 'company_account_daily' as entity, count(*) as rows from {{ source('input', 'company_account_daily') }} where is_test
    union all
    select 'contact' as entity, count(*) as rows from {{ source('input', 'contact') }} where is_test
    union all
    select 'content' as entity, count(*) as rows from {{ source('input', 'content') }} where is_test
    union all
    select 'content_event' as entity, count(*) as rows from {{ source('input', 'content_event') }} where is_test
    union all
    select 'contract' as entity, count(*) as rows from {{ source('input', 'contract') }} where is_test
    union all
    select 'csat_response' as entity, count(*) as rows from {{ source('input', 'csat_response') }} where is_test
    union all
    select 'employee_account' as entity, count(*) as rows from {{ source('input', 'employee_account') }} where is_test
    union all
    select 'exp_assignment' as entity, count(*) as rows from {{ source('input', 'exp_assignment') }} where is_test
    union all
    select 'experiment' as entity, count(*) as rows from {{ source('input', 'experiment') }} where is_test
    union all
    select 'feedback' as entity, count(*) as rows from {{ source('input', 'feedback') }} where is_test
    union all
    select 'form_submit' as entity, count(*) as rows from {{ source('input', 'form_submit') }} where is_test
    union all
    select 'fx_rate' as entity, count(*) as rows from {{ source('input', 'fx_rate') }} where is_test
    union all
    select 'im_chat' as entity, count(*) as rows from {{ source('input', 'im_chat') }} where is_test
    union all
    select 'invoice' as entity, count(*) as rows from {{ source('input', 'invoice') }} where is_test
    union all
    select 'lead' as entity, count(*) as rows from {{ source('input', 'lead') }} where is_test
    union all
    select 'lead_status_history' as entity, count(*) as rows from {{ source('input', 'lead_status_history') }} where is_test
    union all
    select 'link_click' as entity, count(*) as rows from {{ source('input', 'link_click') }} where is_test
    union all
    select 'mkt_event' as entity, count(*) as rows from {{ source('input', 'mkt_event') }} where is_test
    union all
    select 'mkt_event_cost' as entity, count(*) as rows from {{ source('input', 'mkt_event_cost') }} where is_test
    union all
    select 'mkt_event_interaction' as entity, count(*) as rows from {{ source('input', 'mkt_event_interaction') }} where is_test
    union all
    select 'mkt_registration' as entity, count(*) as rows from {{ source('input', 'mkt_registration') }} where is_test
    union all
    select 'nps_response' as entity, count(*) as rows from {{ source('input', 'nps_response') }} where is_test
    union all
    select 'opp_stage_history' as entity, count(*) as rows from {{ source('input', 'opp_stage_history') }} where is_test
    union all
    select 'opportunity' as entity, count(*) as rows from {{ source('input', 'opportunity') }} where is_test
    union all
    select 'order' as entity, count(*) as rows from {{ source('input', 'order') }} where is_test
    union all
    select 'owner' as entity, count(*) as rows from {{ source('input', 'owner') }} where is_test
    union all
    select 'pageview' as entity, count(*) as rows from {{ source('input', 'pageview') }} where is_test
    union all
    select 'payment' as entity, count(*) as rows from {{ source('input', 'payment') }} where is_test
    union all
    select 'person_profile' as entity, count(*) as rows from {{ source('input', 'person_profile') }} where is_test
    union all
    select 'referral' as entity, count(*) as rows from {{ source('input', 'referral') }} where is_test
    union all
    select 'refund' as entity, count(*) as rows from {{ source('input', 'refund') }} where is_test
    union all
    select 'sales_target' as entity, count(*) as rows from {{ source('input', 'sales_target') }} where is_test
    union all
    select 'scrm_friend' as entity, count(*) as rows from {{ source('input', 'scrm_friend') }} where is_test
    union all
    select 'scrm_friend_request' as entity, count(*) as rows from {{ source('input', 'scrm_friend_request') }} where is_test
    union all
    select 'scrm_message' as entity, count(*) as rows from {{ source('input', 'scrm_message') }} where is_test
    union all
    select 'search_term' as entity, count(*) as rows from {{ source('input', 'search_term') }} where is_test
    union all
    select 'seo_rank_daily' as entity, count(*) as rows from {{ source('input', 'seo_rank_daily') }} where is_test
    union all
    select 'staff_task' as entity, count(*) as rows from {{ source('input', 'staff_task') }} where is_test
    union all
    select 'subscription_item' as entity, count(*) as rows from {{ source('input', 'subscription_item') }} where is_test
    union all
    select 'support_contact' as entity, count(*) as rows from {{ source('input', 'support_contact') }} where is_test
    union all
    select 'tag_assignment' as entity, count(*) as rows from {{ source('input', 'tag_assignment') }} where is_test
    union all
    select 'tag_task' as entity, count(*) as rows from {{ source('input', 'tag_task') }} where is_test
    union all
    select 'tenant_activity' as entity, count(*) as rows from {{ source('input', 'tenant_activity') }} where is_test
    union all
    select 'tenant_end_customer' as entity, count(*) as rows from {{ source('input', 'tenant_end_customer') }} where is_test
    union all
    select 'tenant_order' as entity, count(*) as rows from {{ source('input', 'tenant_order') }} where is_test
    union all
    select 'touch' as entity, count(*) as rows from {{ source('input', 'touch') }} where is_test
    union all
    select 'touch_event' as entity, count(*) as rows from {{ source('input', 'touch_event') }} where is_test
    union all
    select 'touch_task' as entity, count(*) as rows from {{ source('input', 'touch_task') }} where is_test
    union all
    select 'utm_link' as entity, count(*) as rows from {{ source('input', 'utm_link') }} where is_test

),

final as (

    select
        entity,
        rows,
    from marked

)

select * from final
