"""Filters that turn numbers of the record into words for a reader."""

from django import template

register = template.Library()
