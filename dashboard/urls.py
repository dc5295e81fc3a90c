"""The addresses of the dashboard's pages, as they declare them."""

from django.urls import path, register_converter

from dashboard.converters import Uid
from dashboard.pages.registry import PAGES
from dashboard.signin.addresses import ADDRESSES

register_converter(Uid, "uid")

urlpatterns = [
    *(path(page.address, page.view, {"page": page}, name=page.name) for page in PAGES),
    *(path(other.address, other.view, name=other.name) for page in PAGES for other in page.others),
    *(path(each.address, each.view, name=each.name) for each in ADDRESSES),
]

handler404 = "dashboard.pages.lost.not_found"
