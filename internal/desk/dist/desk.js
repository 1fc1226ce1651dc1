const s=__COBROWSE_DESK__
