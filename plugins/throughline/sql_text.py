"""Values and names as SQL text: what a statement cannot take as a parameter."""


def literal(value: object) -> str:
    """Write a value as a SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Write a name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
