"""Which resources hold something that a new one of the same kind would not: what is lost with the old one."""

# Type token → what goes with it. Types without data (roles, rules, policies, routes) are left out on purpose.
LOST_WITH = {
    "aws:s3/bucket:Bucket": "every object in the bucket",
    "aws:s3/bucketV2:BucketV2": "every object in the bucket",
    "aws:kms/key:Key": "whatever is encrypted with the key can't be read any more",
    "aws:ebs/volume:Volume": "the volume's data",
    "aws:eks/cluster:Cluster": "everything that runs on the cluster, with its volumes; guests on it too",
    "aws:cloudwatch/logGroup:LogGroup": "the logs in the group",
    "aws:secretsmanager/secret:Secret": "the secret's value",
    "kubernetes:core/v1:Namespace": "everything in the namespace, with its volumes",
    "kubernetes:core/v1:PersistentVolume": "the volume's data",
    "kubernetes:core/v1:PersistentVolumeClaim": "the volume's data",
    "kubernetes:apps/v1:StatefulSet": "the pods' volumes, unless their claims are kept",
    "kubernetes:helm.sh/v3:Release": "the release's volumes, and its service until the new one is ready",
    "kubernetes:helm.sh/v4:Chart": "the release's volumes, and its service until the new one is ready",
    "random:index/randomPassword:RandomPassword": "the password: everybody who uses it needs the new one",
}
