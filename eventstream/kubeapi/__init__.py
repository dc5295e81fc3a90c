"""From a cluster's HTTP answers to complete, ordered observations; reads only, ever."""
