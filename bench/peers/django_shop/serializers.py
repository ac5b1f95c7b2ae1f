"""Serializers of requests and answers."""

from typing import ClassVar

from rest_framework import serializers

from bench.peers.django_shop.models import Customer, Reward


class StampOrderSerializer(serializers.Serializer):
    """An order to stamp a card."""

    stamps = serializers.IntegerField(default=1, min_value=1, max_value=10)
    order_ref = serializers.CharField(default=None, allow_null=True, max_length=100)


class RewardSerializer(serializers.ModelSerializer):
    """A reward."""

    class Meta:
        """Its fields."""

        model = Reward
        fields: ClassVar = ["id", "customer_id", "description", "status", "earned_at"]


class CustomerSerializer(serializers.ModelSerializer):
    """A customer with their card."""

    class Meta:
        """Its fields."""

        model = Customer
        fields: ClassVar = [
            "id",
            "qr_code",
            "name",
            "phone",
            "email",
            "birthday",
            "current_stamps",
            "total_stamps",
            "total_visits",
            "rewards_earned",
            "rewards_available",
            "last_visit_at",
            "created_at",
            "updated_at",
            "version",
        ]
