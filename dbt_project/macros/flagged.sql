{#
    Events with is_bot and is_internal (G8): the one place where both are decided. The model imports
    robot_patterns and own_nodes; `login` is the column that a member of staff is known by.
#}
{% macro flagged(events, login) -%}
select
    events.*,
    robots.ua is not null as is_bot,
    addresses.value is not null or staff.value is not null as is_internal,
from {{ events }} as events
left join (
    select distinct agents.ua
    from (select distinct ua from {{ events }} where ua is not null) as agents
    inner join robot_patterns
        on contains(lower(agents.ua), robot_patterns.pattern)
) as robots
    on events.ua = robots.ua
left join (select value from own_nodes where kind = 'ip') as addresses
    on events.ip_hash = addresses.value
left join (select value from own_nodes where kind = 'employee') as staff
    on events.{{ login }} = staff.value
{%- endmacro %}
