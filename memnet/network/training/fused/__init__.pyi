from .network import FusedNetwork as FusedNetwork
