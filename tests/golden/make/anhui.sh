#!/bin/sh
# Records of Anhui, by printf, glibc's iconv, and dd, which fills up to a width: sh anhui.sh
set -eu
gb() { printf '%b' "$1" | iconv --from-code UTF-8 --to-code GB18030; }
cell() { { gb "$2"; echo; } | dd conv=block cbs="$1" status=none; }
piece() { printf '%010d' "$(gb "$1" | wc --bytes)"; gb "$1"; }
entry() { printf '%s' "$1"; piece "$2"; piece "$3"; }
whole() { cat > part; printf '%010d' $(($(wc --bytes < part) + 10)); cat part; rm part; }

{
    cell 18 11010519491231002X; cell 40 王秀英; cell 40 王小英; cell 6 女性; cell 8 19491231; cell 2 01; cell 6 110105; cell 6 310103
    cell 2 30; cell 2 60; cell 5 59900; cell 80 合肥市示例商店; cell 2 02; cell 12 340000000017; cell 18 11010519491231002X; cell 6 340104
    cell 100 安徽省合肥市蜀山区示例路1号2室; cell 20 12000000004; cell 2 01
} | whole > ../anhui-plain.dat

workplace='安徽省合肥市蜀山区一个名称很长而放不进八十个字节的示例单位的下属的第二个示例科室甲'
{
    cell 18 11010519491231002X; cell 40 '㐱𪚥·古丽'; cell 40 ''; cell 6 未说明; cell 8 19491231; cell 2 '**'; cell 6 110105; cell 6 ''
    cell 2 21; cell 2 ''; cell 5 ''; cell 80 "$(printf '%080d' 0 | tr 0 '*')"; cell 2 '**'; cell 12 ''; cell 18 ''; cell 6 ''
    cell 100 "$(printf '%0100d' 0 | tr 0 '*')"; cell 20 ' 120'; cell 2 02
    entry 1 MZDM '**'; entry 1 GZDW "$workplace"; entry 1 GXDM '2 '; entry 1 DZ '合肥\001示例路\n'
    entry 1 PCSDM 340102; entry 1 备注 ''; entry 2 330000/xjh ZJ-42; entry 2 '' '䶮'; entry 2 340000/PCSDM ''
} | whole > ../anhui-rare.dat
