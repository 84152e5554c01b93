// All that a program with a domain of its own needs: es/README.md is the tutorial.
#pragma once

#include "es/aggregate.hpp"
#include "es/command_processor.hpp"
#include "es/described.hpp"
#include "es/domain.hpp"
#include "es/event_feed.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "es/load.hpp"
#include "es/memory_event_store.hpp"
#include "es/subscription.hpp"
