"""The SQL of the ledger: placeholders are the fields of a report."""

RECORD = """
insert into throughline.incidents (
    dedup_key, kind, subject, "window", owner, severity, summary, blocks, command, detail,
    opened_at, last_seen_at, first_bad_run, blast_radius, served
)
values (
    %(key)s, %(kind)s, %(subject)s, %(window)s, %(owner)s, %(severity)s, %(summary)s, %(blocks)s,
    %(command)s, %(detail)s, %(reported_at)s, %(reported_at)s, %(run_id)s, %(blast_radius)s,
    %(served)s
)
on conflict (dedup_key) do update
set
    occurrences = throughline.incidents.occurrences + 1,
    last_seen_at = greatest(throughline.incidents.last_seen_at, excluded.last_seen_at),
    blast_radius = (
        select coalesce(array_agg(name order by starts_with(name, 'exposure:'), name), '{}')
        from (
            select unnest(throughline.incidents.blast_radius)
            union
            select unnest(excluded.blast_radius)
        ) as both_reaches (name)
    )
returning *
"""
REOPEN = """
update throughline.incidents
set
    episode = episode + 1, opened_at = %(reported_at)s, summary = %(summary)s,
    blocks = %(blocks)s, command = %(command)s, detail = %(detail)s, is_flapping = (
        select count(*) >= %(flaps)s
        from throughline.incident_events as past
        where past.incident_id = incidents.incident_id and past.event = 'resolved'
            and past.happened_at > %(since)s
    ),
    acknowledged_at = null, acknowledged_by = null, resolved_at = null, resolved_by = null,
    end_reason = '', first_bad_run = %(run_id)s, blast_radius = %(blast_radius)s,
    served = %(served)s
where incident_id = %(incident_id)s
returning *
"""
SINCE = """
update throughline.incidents as born
set first_bad_run = known.first_bad_run
from throughline.incidents as known
where born.incident_id = %(incident_id)s and known.incident_id = (
    select earlier.incident_id
    from throughline.incidents as earlier
    where earlier.incident_id < %(incident_id)s and earlier.resolved_at is null
        and earlier.kind = %(kind)s and earlier.subject = %(subject)s
        and earlier.first_bad_run <> '' and (
            not exists (
                select from throughline.incident_parts where incident_id = %(incident_id)s
            )
            or exists (
                select from throughline.incident_parts as mine
                inner join throughline.incident_parts as theirs using (part)
                where mine.incident_id = %(incident_id)s and theirs.passed_at is null
                    and theirs.incident_id = earlier.incident_id
            )
        )
    order by earlier.incident_id
    limit 1
)
"""
PARTS = """
insert into throughline.incident_parts (incident_id, part, detail, failed_at)
select %s, given.part, given.detail, %s
from unnest(%s::text[], %s::text[]) as given (part, detail)
on conflict (incident_id, part) do update
set detail = excluded.detail, failed_at = excluded.failed_at, passed_at = null
"""
INHERIT = """
update throughline.incidents as born
set acknowledged_at = known.acknowledged_at, acknowledged_by = known.acknowledged_by
from throughline.incidents as known
where born.incident_id = %(incident_id)s and known.incident_id < born.incident_id
    and known.kind = born.kind and known.subject = born.subject
    and known.acknowledged_at is not null and known.resolved_at is null
    and not exists (
        select part from throughline.incident_parts where incident_id = born.incident_id
        except
        select part from throughline.incident_parts
        where incident_id = known.incident_id and passed_at is null
    )
returning born.acknowledged_by
"""
EARLIER = """
("window" = %(window)s or (
    "window" < %(window)s and "window" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
    and %(window)s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
))
"""
PASS_PARTS = f"""
update throughline.incident_parts
set passed_at = %(passed_at)s
from throughline.incidents
where incidents.incident_id = incident_parts.incident_id and incidents.resolved_at is null
    and incidents.kind = any(%(kinds)s) and {EARLIER}
    and incident_parts.passed_at is null and case
        when %(scopes)s::text[] = '{{}}' then incident_parts.part = any(%(parts)s)
        else incident_parts.part <> all(%(parts)s) and exists (
            select from unnest(%(scopes)s::text[]) as scopes (scope)
            where starts_with(incident_parts.part, scope)
        )
    end
    and incident_parts.failed_at <= %(passed_at)s
returning incident_parts.incident_id
"""
WHOLE = """
select incident_id
from throughline.incident_parts
where incident_id = any(%s)
group by incident_id
having bool_and(passed_at is not null)
"""
PASSED = f"""
select incident_id
from throughline.incidents
where resolved_at is null and kind = any(%(kinds)s) and {EARLIER}
    and opened_at <= %(passed_at)s and (
        subject = %(subject)s
        or (right(%(subject)s, 1) = '.' and starts_with(subject, %(subject)s))
    )
"""
LOCK = """
select incident_id
from throughline.incidents
where incident_id = any(%s)
order by incident_id
for update
"""
RESOLVE = """
update throughline.incidents
set resolved_at = %s, resolved_by = %s, end_reason = %s
where incident_id = any(%s) and resolved_at is null
returning *
"""
