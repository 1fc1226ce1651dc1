const s=__COBROWSE_LOADER__
