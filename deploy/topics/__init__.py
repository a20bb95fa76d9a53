"""The contract on a live cluster: topics, rights and quotas as the tables in ``schemas`` say."""
