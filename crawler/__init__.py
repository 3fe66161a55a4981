"""Frontier → fetch → hash → publish: from an address to what is known of its picture, pixels left behind."""
