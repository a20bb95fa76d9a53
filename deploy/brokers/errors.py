"""What can go wrong with a broker of our own."""

from __future__ import annotations

from schemas.errors import PlatformError


class BrokerError(PlatformError):
    """A broker on this machine cannot be started or reached."""

    code = "BROKER"
    summary = "the broker cannot be used"


class JavaMissing(BrokerError):
    """There is no Java, or one too old for Apache Kafka."""

    code = "JAVA_MISSING"
    summary = "Apache Kafka needs a Java runtime"
    advice = "Install a JDK 17 or newer and have `java` on the path, or use the embedded broker."


class MavenMissing(BrokerError):
    """There is no Maven to bring Kafka's packages."""

    code = "MAVEN_MISSING"
    summary = "Maven is needed to bring Kafka's packages"
    advice = "Install Maven 3.6 or newer and have `mvn` on the path, or use the embedded broker."


class PackagesMissing(BrokerError):
    """Maven could not bring Kafka's packages."""

    code = "PACKAGES_MISSING"
    summary = "Kafka's packages could not be brought"
    advice = "See whether Maven reaches its repository; it tells more with `mvn -f POM verify`."


class PortTaken(PlatformError):
    """Another process listens on a port that is needed."""

    code = "PORT_TAKEN"
    summary = "another process listens on this port"
    advice = "Stop it, or name another port: --port for brokers, --health for a process."


class DiskFull(BrokerError):
    """There is too little room where the broker keeps its data."""

    code = "DISK_FULL"
    summary = "there is too little room on the disk"
    advice = "Free some room, or name a folder on another disk with --folder."


class BrokerNotUp(BrokerError):
    """A broker ended while starting, or does not answer."""

    code = "BROKER_NOT_UP"
    summary = "the broker did not come up"
    advice = "Its log says why: `southmed broker logs`."


class NotReloaded(BrokerError):
    """A listener goes on showing the certificate it had before."""

    code = "NOT_RELOADED"
    summary = "a listener still shows its old certificate"
    advice = "Restart the brokers one by one, each when the one before is back."


class ClusterDiffers(BrokerError):
    """The folder holds a cluster of another size."""

    code = "CLUSTER_DIFFERS"
    summary = "the folder holds another cluster"
    advice = "Start it as it was made, or name a new folder with --folder."


class NoCluster(BrokerError):
    """There is no cluster in the folder."""

    code = "NO_CLUSTER"
    summary = "there is no cluster in this folder"
    advice = "Start one with `southmed broker start`."
