"""The records of a model's calls, in the order in which they were drawn."""

from typing import Any

import numpy as np

from ....models.held_pictures import FLOATS, PictureFile, is_large
from ....models.records import take
from .generated import joined


class Parts:
    """Records of several calls of one size; pictures go to a file once they would take much memory."""

    def __init__(self) -> None:
        self.form: Any = None
        self._number = 0
        self._plain: list[Any] = []
        self._file: PictureFile | None = None

    def __len__(self) -> int:
        return self._number

    def add(self, records: Any) -> None:
        """Append the records of a call; the first stay as the `form` of all."""
        if self.form is None:
            self.form = records
        self._number += 1
        if self._file is None:
            self._plain.append(records)
            if getattr(records, "ndim", 0) != 4 or not is_large(len(self) * len(records), records.shape[1:]):
                return
            self._file = PictureFile(records.shape[1:], FLOATS)
            for each in self._plain:
                self._file.add(each)
            self._plain = []
        else:
            self._file.add(records)

    def __getitem__(self, index: int) -> Any:
        if self._file is None:
            return self._plain[index]
        size = len(self.form)
        return self._file.part(index * size, (index + 1) * size)

    def first(self, n: int) -> Any:
        """The first n records, of pictures perhaps still in their file."""
        return take(joined(self._plain), np.arange(n)) if self._file is None else self._file.part(0, n)
