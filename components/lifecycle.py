"""A tier plan as the arguments of a bucket's lifecycle configuration: pure."""

from pulumi_aws import s3

from planning.tiers import LifecycleRule, TierPlan

# Objects below 128 KB never change class: their minimum billable size makes it dearer. S3's own default, said aloud.
TRANSITION_MINIMUM = "all_storage_classes_128K"


def lifecycle_rules(plan: TierPlan) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    """The plan's rules in its order."""
    return [_rule(rule) for rule in plan.rules]


def _rule(rule: LifecycleRule) -> s3.BucketLifecycleConfigurationRuleArgs:
    return s3.BucketLifecycleConfigurationRuleArgs(
        id=rule.id,
        status="Enabled",
        filter=_filter(rule),
        transitions=[
            s3.BucketLifecycleConfigurationRuleTransitionArgs(
                days=transition.days, storage_class=transition.storage_class.value
            )
            for transition in rule.transitions
        ]
        or None,
        expiration=_expiration(rule),
        noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=rule.noncurrent_expiration_days
        )
        if rule.noncurrent_expiration_days is not None
        else None,
        abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=rule.abort_multipart_days
        )
        if rule.abort_multipart_days is not None
        else None,
    )


def _expiration(rule: LifecycleRule) -> s3.BucketLifecycleConfigurationRuleExpirationArgs | None:
    if rule.expired_delete_markers:
        return s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True)
    if rule.expiration_days is not None:
        return s3.BucketLifecycleConfigurationRuleExpirationArgs(days=rule.expiration_days)
    return None


def _filter(rule: LifecycleRule) -> s3.BucketLifecycleConfigurationRuleFilterArgs:
    """S3 takes exactly one predicate, or an And of two or more; an empty prefix means every object."""
    if rule.min_object_bytes is None:
        return s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=rule.prefix)
    if not rule.prefix:
        return s3.BucketLifecycleConfigurationRuleFilterArgs(object_size_greater_than=rule.min_object_bytes)
    return s3.BucketLifecycleConfigurationRuleFilterArgs(
        and_=s3.BucketLifecycleConfigurationRuleFilterAndArgs(
            prefix=rule.prefix, object_size_greater_than=rule.min_object_bytes
        )
    )
