{#
    A path, or the template of an endpoint, as requests and endpoints are compared (S13): small
    letters, one slash between segments and none at the end, without host, query, fragment and
    matrix parameters; what can only be an id, and every placeholder, is {id}. Ids are numbers and
    their lists, dates, UUIDs, eight hexadecimal digits and more, and names with four digits in a
    row or three separate numbers. Taken twice it changes nothing.
#}
{% macro api_route(path) -%}
{%- set bare = "regexp_replace(lower(" ~ path ~ "), '^[a-z][a-z0-9+.-]*://[^/?#]*', '')" -%}
{%- set bare = "split_part(split_part(" ~ bare ~ ", '?', 1), '#', 1)" -%}
{%- set bare = "translate(" ~ without(bare, ';[^/]*') ~ ", '[]<>', '{}{}')" -%}
{%- set ids = [
    '[0-9]+(?:[,_:-][0-9]+)*',
    '[0-9a-f]{8,}',
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
    '[^/]*[0-9]{4}[^/]*',
    '[a-z0-9_-]*[0-9][a-z_-]+[0-9][a-z_-]+[0-9][a-z0-9_-]*',
    '[^/]*[{][^/]*',
    ':[^/]+',
    '[*]+',
] -%}
{%- set ringed = "'/' || replace(" ~ bare ~ ", '/', '//') || '/'" -%}
{%- set marked = replaced(ringed, '/(?:' ~ ids | join('|') ~ ')/', '/{id}/') -%}
coalesce(nullif(regexp_replace({{ replaced(marked, '/+', '/') }}, '/$', ''), ''), '/')
{%- endmacro %}


{# Most segments that a route may have to be compared. #}
{% macro route_depth() -%}{{ return(16) }}{%- endmacro %}


{# Number of segments of a route; / has none. #}
{% macro route_segments(route) -%}
case {{ route }} when '/' then 0 else length({{ route }}) - length(replace({{ route }}, '/', '')) end
{%- endmacro %}


{# Where a route has words (1) and where {id} (0), segment by segment: /orders/{id}/items is 101. #}
{% macro route_shape(route) -%}
(
    {%- for number in range(2, route_depth() + 2) %}
    case split_part({{ route }}, '/', {{ number }}) when '' then '' when '{id}' then '0' else '1' end
    {{- ' ||' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}


{# A route with {id} wherever a shape has it. #}
{% macro route_in_shape(route, shape) -%}
coalesce(nullif(
    {%- for number in range(1, route_depth() + 1) %}
    case substr({{ shape }}, {{ number }}, 1)
        when '1' then '/' || split_part({{ route }}, '/', {{ number + 1 }})
        when '0' then '/{id}'
        else ''
    end
    {{- ' ||' if not loop.last }}
    {%- endfor %},
    ''
), '/')
{%- endmacro %}
