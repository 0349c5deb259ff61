select
    * exclude (written_at),
    written_at as created_at,
    written_at as updated_at,
from dispositions
