"""What is known to exist of one resource: turns versions of objects into changes.

Pure, so that a reflector and a tape share it: both get the same before and after, and a relist
is diffed by uid in one place.
"""

from collections.abc import Iterable, Iterator, Mapping

from eventstream.objects.images import Image
from eventstream.objects.observations import Change, ChangeType
from eventstream.objects.resource import Resource


class Inventory:
    """The latest image of each object of one resource, by uid."""

    def __init__(self, resource: Resource, images: Iterable[Image] = ()) -> None:
        self.resource = resource
        self._images = {image.uid: image for image in images}

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[Image]:
        return iter(self._images.values())

    def get(self, uid: str) -> Image | None:
        """The latest image of the object with this uid, None where none is known."""
        return self._images.get(uid)

    def apply(self, type_: ChangeType, image: Image, at: float, size: int = 0) -> Change:
        """Take in one WatchEvent's object, which had `size` bytes; return the change it makes."""
        uid = image.metadata.uid
        if type_ == "DELETED":
            before = self._images.pop(uid, None)
        else:
            before = self._images.get(uid)
            self._images[uid] = image
        return Change(self.resource, type_, image, at, before, size=size)

    def replace(
        self, images: Iterable[Image], at: float, *, first: bool, rewound: bool = False
    ) -> list[Change]:
        """Take in a complete list and return what it shows to have changed, by uid.

        On a `first` list every object is EXISTING. On a relist, an object whose
        resourceVersion is unchanged yields nothing; what is new is ADDED, what moved MODIFIED
        and what is missing VANISHED, all marked `relisted`. Objects deleted and made anew
        under one name differ in uid and so are two objects. When the server went back in time
        (`rewound`), it gives versions out anew, so that the content has to be compared too.
        One that is only shown in another version of its type is EXISTING, not changed.
        """
        listed = {image.uid: image for image in images}
        changes = self.missing(listed, at)
        for image in listed.values():
            change = self.difference(image, at, first=first, rewound=rewound)
            if change is not None:
                changes.append(change)
        self.become(listed)
        return changes

    def missing(self, listed: Mapping[str, Image], at: float) -> list[Change]:
        """Return what is gone according to a complete list, by uid."""
        return [
            Change(self.resource, "VANISHED", gone, at, gone, relisted=True)
            for uid, gone in self._images.items()
            if uid not in listed
        ]

    def difference(
        self, image: Image, at: float, *, first: bool, rewound: bool = False
    ) -> Change | None:
        """Return what one object of a list shows to have changed, see `replace`."""
        before = self._images.get(image.uid)
        if before is None and first:
            return Change(self.resource, "EXISTING", image, at)
        if before is None:
            return Change(self.resource, "ADDED", image, at, relisted=True)
        unsure = rewound or not image.version
        if before.version == image.version and before.api_version != image.api_version:
            return Change(self.resource, "EXISTING", image, at)
        if before.version == image.version and (not unsure or before == image):
            return None
        return Change(self.resource, "MODIFIED", image, at, before, relisted=True)

    def become(self, listed: dict[str, Image]) -> None:
        """Hold what a complete list has, by uid, and nothing else."""
        self._images = listed
