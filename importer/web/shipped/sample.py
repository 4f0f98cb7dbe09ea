"""A small sheet with typical faults, to try everything out on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE_NAME = "sample-growths.csv"
_ROWS = """Growth log chamber 3,,,,,,
Sample,Layer,Material,Orientation,Space group,Substrate,Remark
W4101,1,SrRuO3,001,Pbnm,SrTiO3,bottom electrode
W4101,2,batio3,001,P4mm,SrTiO3,
W4101,3,SrRuO3,001,Pbnm,SrTiO3,top electrode
W4102,1,LaAlO3,1,Pm-3m,SrTiO3,leading zeros lost
W4102,2,STO,001,Pm-3m,SrTiO3,
W4103,1,GaAs,001,F-43m,GaAs,buffer
W4103,2,In0.2Ga0.8As,001,F-43m,GaAs,
W4103,2,GaAs,001,F-43m,GaAs,cap
W4104,1,La0.7Sr0.3MnO3,110,R-3c,NdGaO3,
W4104,2,LaMnO,110,Pbnm,NdGaO3,
W4105,1,Nb,110,Im-3m,Al2O3,
,2,Al,111,Fm-3m,Al2O3,sample forgotten
Total,11 layers,,,,,
"""


def write_sample(folder: Path) -> Path:
    """Return the sample sheet of a folder, written where it isn't there yet."""
    path = folder / SAMPLE_NAME
    if not path.exists():
        path.write_text(_ROWS, encoding="utf-8", newline="")
    return path
