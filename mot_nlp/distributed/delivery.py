"""A model on its way to other machines: the node's own copy where it has the same, else one that travels."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mot_nlp.bundle import FILES, MANIFEST, SHIPPED, open_bundle, shipped_path
from mot_nlp.errors import BundleError, MotError
from mot_nlp.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ray import ObjectRef

    from mot_nlp.bundle import Bundle
    from mot_nlp.tagger import MomentTagger


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """What a tagger is loaded from on any node of the cluster.

    Attributes:
        path: The bundle's folder on the machine that sends it.
        sha256: The bundle's hash; no other bundle is ever loaded.
        version: Of mot-nlp, which must be the same on every node.
        precision: What to compute in.
        threads: Processor cores to use.
        files: The bundle's files by name, in the cluster's object store. In a list, as Ray fetches
            what is an argument itself whether or not it is needed.
    """

    path: str
    sha256: str
    version: str
    precision: str
    threads: int
    files: Sequence[ObjectRef[Mapping[str, bytes]]]

    @classmethod
    def of(
        cls, bundle: Bundle, files: Mapping[str, bytes], *, precision: str, threads: int
    ) -> RemoteModel:
        """Put a bundle into the object store.

        Args:
            bundle: The bundle.
            files: Its files, as ``bundle_files`` reads them.
            precision: What to compute in.
            threads: Processor cores to use.
        """
        import ray

        path = str(bundle.path.resolve())
        return cls(path, sha256_of(files), VERSION, precision, threads, [ray.put(files)])

    def tagger(self) -> MomentTagger:
        """Load the model on this node.

        Raises:
            MotError: This node has another version of mot-nlp.
            BundleError: What came is not what was sent.
            InputError: The bundle cannot be run as asked.
        """
        if self.version != VERSION:
            raise MotError(
                f"a node has mot-nlp {VERSION}, the job was begun with {self.version}; install "
                f"mot-nlp=={self.version} on every node"
            )
        for folder in self._folders():
            with suppress(MotError):  # there is no bundle, or not a sound one
                bundle = open_bundle(folder)
                if bundle.sha256 == self.sha256:
                    return self._loaded(bundle)
        return self._sent()

    def _folders(self) -> Iterator[Path]:
        yield Path(self.path)
        for name in SHIPPED:
            with suppress(BundleError):
                yield shipped_path(name)

    def _sent(self) -> MomentTagger:
        import ray

        # The tagger has read everything when it is made, so nothing is left behind on the node.
        with TemporaryDirectory(prefix="mot-nlp-", ignore_cleanup_errors=True) as name:
            for file, content in ray.get(self.files[0]).items():
                Path(name, file).write_bytes(content)
            bundle = open_bundle(name)
            if bundle.sha256 != self.sha256:
                raise BundleError(
                    f"the model came with sha256 {bundle.sha256}, sent was {self.sha256}; run again"
                )
            return self._loaded(bundle)

    def _loaded(self, bundle: Bundle) -> MomentTagger:
        from mot_nlp.tagger import MomentTagger

        return MomentTagger(bundle, precision=self.precision, threads=self.threads)


def bundle_files(bundle: Bundle) -> dict[str, bytes]:
    """The files of a bundle by name.

    Raises:
        BundleError: One cannot be read.
    """
    try:
        return {name: bundle.file(name).read_bytes() for name in (MANIFEST, *FILES)}
    except OSError as error:
        raise BundleError(
            f"{error.filename} cannot be read ({error.strerror}); restore the bundle"
        ) from error


def sha256_of(files: Mapping[str, bytes]) -> str:
    """The hash that stands for the whole bundle, as ``Bundle.sha256`` has it."""
    import hashlib

    return hashlib.sha256(files[MANIFEST]).hexdigest()
