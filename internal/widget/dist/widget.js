const s=__COBROWSE_WIDGET__
