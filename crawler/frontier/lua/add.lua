-- ARGV[2...]: targets. Returns how many were accepted.
promote()
local accepted = accept(2, (#ARGV - 1) / TARGET)
write_sums()
return accepted
