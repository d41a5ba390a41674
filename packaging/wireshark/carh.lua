-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Wireshark dissector of Computing-Aware Routing Headers, after
-- Documentation/carh.md of cats: one or more CARHs in a UDP datagram to port
-- 49380, or behind "Decode As" in TCP and TLS.
--
--   tshark -X lua_script:/usr/share/cats/wireshark/carh.lua -r capture.pcap

local HEADER, CAI = 12, 4
local VERSION = 1
local UNKNOWN, SATURATED, MAX = 0xffffff, 0xfffffe, 0xfffffd
local PORT = 49380

local carh = Proto("carh", "Computing-Aware Routing Header")

-- type: { name, unit, scale, largest wire value }
local types = {
	[0x01] = { "cpu-utilisation", "%", 0.01, 10000 },
	[0x02] = { "cpu-frequency", "MHz", 1, MAX },
	[0x03] = { "cpu-cores", "cores", 1, MAX },
	[0x04] = { "memory-utilisation", "%", 0.01, 10000 },
	[0x05] = { "memory-frequency", "MB/s", 1, MAX },
	[0x06] = { "storage-utilisation", "%", 0.01, 10000 },
	[0x07] = { "gpu-memory", "MiB", 1, MAX },
	[0x08] = { "gpu-utilisation", "%", 0.01, 10000 },
	[0xf0] = { "cps", "score", 1, 1000 },
	[0xf1] = { "nqi", "score", 1, 1000 },
}

-- of private use: known as such, the meaning is not
local function private(type)
	return type >= 0xe0 and type <= 0xef
end

local names = { }
for type = 0, 0xff do
	if types[type] then
		names[type] = types[type][1]
	elseif private(type) then
		names[type] = "private"
	elseif type >= 0x10 and type <= 0x1f then
		names[type] = "energy (reserved)"
	end
end

local fields = {
	version = ProtoField.uint8("carh.version", "Version", base.DEC, nil, 0xf0),
	ttl = ProtoField.uint16("carh.ttl", "Time to live", base.DEC, nil,
				0x0fff, "seconds"),
	length = ProtoField.uint16("carh.length", "Length", base.DEC),
	timestamp = ProtoField.absolute_time("carh.timestamp", "Timestamp",
					     base.UTC),
	verdict = ProtoField.string("carh.verdict", "Verdict"),
	skipped = ProtoField.uint32("carh.skipped", "Unknown types", base.DEC),
	type = ProtoField.uint8("carh.cai.type", "Type", base.HEX, names),
	value = ProtoField.uint24("carh.cai.value", "Value", base.DEC),
	real = ProtoField.double("carh.cai.real", "Real value"),
	unknown = ProtoField.bool("carh.cai.unknown", "Unknown"),
	saturated = ProtoField.bool("carh.cai.saturated", "Saturated"),
}
local real = { }
for type, known in pairs(types) do
	real[type] = ProtoField.double("carh." .. known[1]:gsub("-", "_"),
				       known[1] .. " (" .. known[2] .. ")")
	fields["real_" .. type] = real[type]
end
carh.fields = fields

local refused = ProtoExpert.new("carh.refused", "CARH is refused",
				expert.group.MALFORMED, expert.severity.ERROR)
carh.experts = { refused }

local function dissect_cai(range, tree, seen)
	local type, value = range(0, 1):uint(), range(1, 3):uint()
	local known = types[type]
	local item = tree:add(carh, range, "CAI: " .. (names[type] or
						       "unassigned"))
	local verdict = "ok"

	item:add(fields.type, range(0, 1))
	item:add(fields.value, range(1, 3))
	if not known and not private(type) then
		seen.skipped = seen.skipped + 1
		return "ok"
	end
	if seen[type] then
		verdict = "duplicate"
	elseif known and value > known[4] and value < SATURATED then
		verdict = "value"
	end
	seen[type] = true
	if value == UNKNOWN then
		item:add(fields.unknown, range(1, 3), true)
		item:append_text(", unknown")
	elseif verdict == "ok" and known then
		if value == SATURATED then
			item:add(fields.saturated, range(1, 3), true)
			value = known[4]
		end
		item:add(fields.real, range(1, 3), value * known[3])
		item:add(real[type], range(1, 3), value * known[3])
		item:append_text(string.format(", %g %s", value * known[3],
					       known[2]))
	end
	return verdict
end

-- dissect_header(RANGE, TREE): verdict, and the octets it takes
local function dissect_header(range, tree)
	local len, verdict, length = range:len(), "ok", 0
	local seen = { skipped = 0 }

	if len < HEADER then
		return "truncated", len, seen
	end
	tree:add(fields.version, range(0, 1))
	tree:add(fields.ttl, range(0, 2))
	tree:add(fields.length, range(2, 2))
	tree:add_packet_field(fields.timestamp, range(4, 8),
			      ENC_TIME_NTP + ENC_BIG_ENDIAN)
	length = range(2, 2):uint()
	if range(0, 1):bitfield(0, 4) ~= VERSION then
		return "version", len, seen
	elseif length < HEADER or (length - HEADER) % CAI ~= 0 then
		return "length", len, seen
	elseif length > len then
		return "truncated", len, seen
	elseif range(0, 2):bitfield(4, 12) == 0 then
		return "ttl", length, seen
	end
	for at = HEADER, length - CAI, CAI do
		local said = dissect_cai(range(at, CAI), tree, seen)

		if verdict == "ok" then
			verdict = said
		end
	end
	return verdict, length, seen
end

function carh.dissector(tvb, pinfo, root)
	local at = 0

	pinfo.cols.protocol = "CARH"
	while at < tvb:len() do
		local range = tvb(at)
		local tree = root:add(carh, range)
		local verdict, length, seen = dissect_header(range, tree)

		tree:set_len(length)
		tree:add(fields.skipped, seen.skipped):set_generated()
		tree:add(fields.verdict, verdict):set_generated()
		if verdict ~= "ok" then
			tree:add_proto_expert_info(refused, "CARH is refused: " ..
						   verdict)
			break
		end
		at = at + length
	end
	return tvb:len()
end

DissectorTable.get("udp.port"):add(PORT, carh)
for _, name in ipairs({ "tcp.port", "tls.port" }) do
	DissectorTable.get(name):add_for_decode_as(carh)
end
