"""The forum's addresses: machina's at the root, Django's own pages for accounts, uploads as they lie."""

from django.conf import settings  # type: ignore[import-not-found]  # in the forum's own environment only
from django.urls import include, path, re_path  # type: ignore[import-not-found]
from django.views.static import serve  # type: ignore[import-not-found]
from machina import urls as machina_urls  # type: ignore[import-not-found]

urlpatterns = [
    path("accounts/", include("django.contrib.auth.urls")),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(machina_urls)),
]
