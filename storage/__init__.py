"""The only place that knows SQL: takes ids, gives frozen records, holds no rules of the product."""
