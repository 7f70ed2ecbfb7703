"""What a process that needs no secret is handed of the settings holds none."""

import pickle

from jiedao.entrypoints.settings import load_settings, without_secrets


def test_settings_without_secrets_hold_no_key_no_password_and_no_address_of_a_database():
    secrets = ("vault_key", "kafka_password", "ledger_push_token", "database_url", "database_owner_url")
    given = {name: f"s3cret-{name}" for name in secrets} | {"log_level": "error"}
    kept = without_secrets(load_settings(**given))
    assert b"s3cret" not in pickle.dumps(kept)
    assert kept.log_level == "error"
