-- One row per pair of nodes that one record shows together (identity rule 2), with the first such
-- record. Numbered in the order in which edges are taken in (rule 3): first_seen, type priority,
-- values. is_blocked and is_capped are the guards that hold before anything is joined.
with

nodes as (

    select * from {{ ref('int_identity_nodes__collected') }}

),

logins as (

    select * from {{ ref('int_identity_logins__seen') }}

),

app_events as (

    select * from {{ ref('stg_app_event') }}

),

later_holders as (

    select
        id_value,
        login_id,
        held_from,
        coalesce(held_to, cast('9999-12-31 00:00:00+00' as timestamptz)) as held_to,
    from {{ ref('int_identity_holders__dated') }}
    where id_type = 'anonymous_id' and not is_first_login

),

-- A form that is sent while another login than the first holds the cookie tells of that login.
forms as (

    select
        forms.*,
        case when holders.login_id is null then 'anonymous_id' else 'login_id' end as sender_type,
        coalesce(holders.login_id, forms.anonymous_id) as sender,
    from {{ ref('stg_form_submit') }} as forms
    left join later_holders as holders
        on
            forms.anonymous_id = holders.id_value
            and forms.event_at >= holders.held_from
            and forms.event_at < holders.held_to

),

contacts as (

    select
        *,
        coalesce(created_at, updated_at, _loaded_at) as seen_at,
    from {{ ref('stg_contact') }}

),

leads as (

    select * from {{ ref('stg_lead') }}

),

calls as (

    select
        *,
        case direction when 'in' then caller_hash else callee_hash end as party_hash,
    from {{ ref('stg_cdr') }}
    where lead_id is not null

),

registrations as (

    select * from {{ ref('stg_mkt_registration') }}

),

sightings as (

    select
        'login_id' as type_a,
        login_id as value_a,
        id_type as type_b,
        id_value as value_b,
        first_seen,
    from logins
    union all
    select 'anonymous_id', anonymous_id, 'device_id', device_id, min(event_at)
    from app_events
    group by all
    union all
    select 'phone_hash', phone_hash, sender_type, sender, min(event_at)
    from forms
    where sender_type = 'anonymous_id'
    group by all
    union all
    select 'email_hash', email_hash, sender_type, sender, min(event_at)
    from forms
    where sender_type = 'anonymous_id'
    group by all
    union all
    select sender_type, sender, 'phone_hash', phone_hash, min(event_at)
    from forms
    where sender_type = 'login_id'
    group by all
    union all
    select sender_type, sender, 'email_hash', email_hash, min(event_at)
    from forms
    where sender_type = 'login_id'
    group by all
    union all
    select 'contact_id', contact_id, 'phone_hash', phone_hash, seen_at from contacts
    union all
    select 'contact_id', contact_id, 'email_hash', email_hash, seen_at from contacts
    union all
    select 'contact_id', contact_id, 'unionid', wechat_unionid, seen_at from contacts
    union all
    select 'contact_id', merged_into_id, 'contact_id', contact_id, seen_at from contacts
    union all
    select 'phone_hash', phone_hash, 'lead_id', lead_id, created_at from leads
    union all
    select 'email_hash', email_hash, 'lead_id', lead_id, created_at from leads
    union all
    select 'lead_id', merged_into_id, 'lead_id', lead_id, created_at from leads
    union all
    select forms.sender_type, forms.sender, 'lead_id', leads.lead_id, leads.created_at
    from leads
    inner join forms
        on leads.source_event_id = forms.event_id
    union all
    select 'phone_hash', party_hash, 'lead_id', lead_id, min(event_at)
    from calls
    group by all
    union all
    select 'phone_hash', phone_hash, 'event_person_key', person_key, min(registered_at)
    from registrations
    group by all
    union all
    select 'email_hash', email_hash, 'event_person_key', person_key, min(registered_at)
    from registrations
    group by all

),

pairs as (

    select
        type_a,
        value_a,
        type_b,
        value_b,
        min(first_seen) as first_seen,
    from sightings
    where value_a is not null and value_b is not null
    group by all

),

-- Both ends must be nodes: a merge or a call may name a record that was never delivered.
numbered as (

    select
        pairs.type_a,
        pairs.value_a,
        pairs.type_b,
        pairs.value_b,
        pairs.first_seen,
        first_nodes.node_no as node_a,
        second_nodes.node_no as node_b,
        row_number() over (
            order by
                pairs.first_seen,
                first_nodes.type_priority,
                second_nodes.type_priority,
                pairs.value_a,
                pairs.value_b
        ) as edge_no,
    from pairs
    inner join nodes as first_nodes
        on pairs.type_a = first_nodes.node_type and pairs.value_a = first_nodes.node_value
    inner join nodes as second_nodes
        on pairs.type_b = second_nodes.node_type and pairs.value_b = second_nodes.node_value
    where first_nodes.node_no <> second_nodes.node_no

),

-- Block-list: a phone or mailbox that many names use belongs to a desk, not to a person, and one
-- that is marked in its hash to a service.
names as (

    select 'phone_hash' as node_type, phone_hash as node_value, name_hash from contacts
    union
    select 'email_hash', email_hash, name_hash from contacts
    union
    select 'phone_hash', phone_hash, name_hash from leads
    union
    select 'email_hash', email_hash, name_hash from leads

),

shared as (

    select
        node_type,
        node_value,
    from names
    where node_value is not null
    group by all
    having count(distinct name_hash) > {{ var('shared_contact_names') }}
    union
    select
        node_type,
        node_value,
    from nodes
    where node_type in ('phone_hash', 'email_hash') and contains(node_value, ':shared:')

),

unblocked as (

    select
        numbered.*,
        first_shared.node_value is not null or second_shared.node_value is not null as is_blocked,
    from numbered
    left join shared as first_shared
        on
            numbered.type_a = first_shared.node_type
            and numbered.value_a = first_shared.node_value
    left join shared as second_shared
        on
            numbered.type_b = second_shared.node_type
            and numbered.value_b = second_shared.node_value

),

-- Caps: of the phones (mailboxes, cookies) beside one node only the first few are taken in.
ends as (

    select edge_no, node_a as node_no, type_b as neighbour_type from unblocked where not is_blocked
    union all
    select edge_no, node_b as node_no, type_a as neighbour_type from unblocked where not is_blocked

),

ranked_ends as (

    select
        edge_no,
        neighbour_type,
        row_number() over (partition by node_no, neighbour_type order by edge_no) as neighbour_rank,
    from ends
    where neighbour_type in ('phone_hash', 'email_hash', 'anonymous_id')

),

capped as (

    select distinct edge_no
    from ranked_ends
    where
        neighbour_rank > case neighbour_type
            when 'phone_hash' then {{ var('person_max_phones') }}
            when 'email_hash' then {{ var('person_max_emails') }}
            when 'anonymous_id' then {{ var('person_max_anonymous_ids') }}
        end

),

final as (

    select
        unblocked.edge_no,
        unblocked.node_a,
        unblocked.node_b,
        unblocked.type_a,
        unblocked.value_a,
        unblocked.type_b,
        unblocked.value_b,
        unblocked.is_blocked,
        capped.edge_no is not null as is_capped,
        unblocked.first_seen,
    from unblocked
    left join capped
        on unblocked.edge_no = capped.edge_no

)

select * from final
