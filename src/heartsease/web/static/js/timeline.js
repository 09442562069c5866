// One person's course: lanes on one time axis with a linked cursor; missing days stay gaps.
"use strict";
(() => {
  const holder = document.getElementById("timeline");
  const source = document.getElementById("timeline-data");
  if (!holder || !source || !window.echarts) return;
  let data = JSON.parse(source.textContent);
  let shownDays = 92;
  let written = new Map();
  const DAY = 86400000;
  const IN_UNITS = { hours: (value) => value / 60, percent: (value) => value * 100 };
  let everything = false;

  // Minutes after midnight as a time of day; before midnight they are negative.
  function clock(minutes) {
    const whole = Math.round(minutes + 1440) % 1440;
    return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  }

  function colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    holder.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = found;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
  }

  function lanes() {
    const made = data.questionnaires.map((one) => ({
      title: one.title,
      low: 0,
      high: one.highest,
      height: 110,
      points: one.points.map(([day, total]) => [day, total]),
      caseness: one.caseness,
      dots: true,
    }));
    for (const one of data.lanes) {
      if (!one.at_once && !everything) continue;
      const found = data.series[one.key];
      const say = IN_UNITS[one.write] || ((value) => value);
      made.push({
        title: one.title,
        low: one.low,
        high: one.high,
        height: 74,
        points: found.values.map(([day, value]) => [day, value === null ? null : say(value)]),
        usual: found.usual && found.usual.map(say),
        write: one.write === "clock" ? clock : undefined,
      });
    }
    if (data.yields.length) {
      made.push({ title: "Data of the day", low: 0, high: 1, height: 34, points: data.yields, bars: true });
    }
    return made;
  }

  // Every mark of the axis names day and month, so that none is read with its neighbour's month.
  function dayName(moment) {
    return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  }

  // An axis of times of day with a line every two hours.
  function hours(lane, tones) {
    return {
      min: (seen) => Math.floor(seen.min / 120) * 120,
      max: (seen) => Math.ceil(seen.max / 120) * 120,
      interval: 120,
      axisLabel: { color: tones.quiet, fontSize: 11, formatter: lane.write },
    };
  }

  function tone() {
    return {
      ink: colour("--ink"),
      quiet: colour("--ink-quiet"),
      line: colour("--line"),
      violet: colour("--violet"),
      soft: colour("--violet-soft"),
      look: colour("--look"),
      danger: colour("--danger"),
      raised: colour("--raised"),
    };
  }

  function firstDay() {
    const days = [
      ...data.questionnaires.flatMap((one) => one.points.map((point) => point[0])),
      ...Object.values(data.series).map((one) => one.values[0][0]),
      ...data.phases.map((one) => one.start),
    ].sort();
    return days[0] || data.today;
  }

  // A label near the right edge is written to the left of its mark.
  function near(day) {
    return (new Date(data.today) - new Date(day)) / DAY < (shownDays === "all" ? 60 : shownDays / 4);
  }

  // Bars drawn by hand: a bar series would widen its own time axis by the width of its bars.
  function bars(tones) {
    return {
      type: "custom",
      encode: { x: 0, y: 1 },
      renderItem(params, api) {
        const [x, top] = api.coord([api.value(0), api.value(1)]);
        const bottom = api.coord([api.value(0), 0])[1];
        return { type: "rect", shape: { x: x - 1.5, y: top, width: 3, height: bottom - top }, style: { fill: tones.quiet } };
      },
    };
  }

  function series(lane, index, tones, marks) {
    const line = {
      ...(lane.bars ? bars(tones) : { type: "line" }),
      name: lane.title,
      xAxisIndex: index,
      yAxisIndex: index,
      data: lane.points,
      connectNulls: false,
      symbol: "circle",
      symbolSize: lane.dots ? 7 : 4,
      showSymbol: true,
      clip: true,
      lineStyle: { color: tones.violet, width: lane.dots ? 2 : 1.5 },
      itemStyle: { color: tones.violet },
      animation: false,
      markLine: {
        silent: true,
        symbol: "none",
        animation: false,
        data: marks.map((mark, number) => ({
          xAxis: mark.day,
          lineStyle: {
            color: mark.kind === "safety" ? tones.danger : tones.look,
            type: mark.kind === "signal" ? "dotted" : "solid",
            width: 1.5,
          },
          label: {
            show: index === 0,
            formatter: mark.label,
            position: "end",
            align: near(mark.day) ? "right" : "left",
            offset: [near(mark.day) ? 4 : -4, -14 * (number % 3)],
            color: mark.kind === "safety" ? tones.danger : tones.look,
            fontSize: 12,
          },
        })),
      },
    };
    if (lane.caseness) {
      line.markLine.data.push({
        yAxis: lane.caseness,
        lineStyle: { color: tones.quiet, type: "dashed" },
        label: { formatter: `case from ${lane.caseness}`, position: "insideStartTop", color: tones.quiet, fontSize: 11 },
      });
    }
    if (lane.usual) {
      line.markArea = {
        silent: true,
        animation: false,
        itemStyle: { color: tones.soft },
        data: [[{ yAxis: lane.usual[0] }, { yAxis: lane.usual[1] }]],
      };
    }
    return line;
  }

  function phases(index, tones) {
    return {
      type: "custom",
      name: "Plan",
      xAxisIndex: index,
      yAxisIndex: index,
      animation: false,
      clip: true,
      data: data.phases.map((one) => [one.start, one.end, one.name]),
      encode: { x: [0, 1] },
      renderItem(params, api) {
        const left = params.coordSys.x;
        const start = api.coord([api.value(0), 0]);
        const end = api.coord([api.value(1), 0]);
        start[0] = Math.max(start[0], left);
        const width = Math.max(end[0] - start[0], 2);
        return {
          type: "group",
          children: [
            { type: "rect", shape: { x: start[0], y: start[1] - 24, width, height: 22, r: 4 }, style: { fill: tones.soft, stroke: tones.violet } },
            { type: "text", style: { x: start[0] + 6, y: start[1] - 19, text: data.phases[params.dataIndex].name, fill: tones.ink, fontSize: 12, width: width - 10, overflow: "truncate" } },
          ],
        };
      },
    };
  }

  const chart = echarts.init(holder, null, { renderer: "svg" });

  function draw() {
    const made = lanes();
    const tones = tone();
    written = new Map(made.filter((lane) => lane.write).map((lane) => [lane.title, lane.write]));
    const gap = 34;
    const top = 40 + 14 * Math.min(data.marks.length, 3);
    const grids = [];
    const xs = [];
    const ys = [];
    const titles = [];
    let y = top;
    const add = (height, title, axis) => {
      const index = grids.length;
      // Every lane keeps its width, also the one whose labels would not fit in it by a few pixels.
      grids.push({ left: 52, right: 24, top: y, height, outerBoundsMode: "none" });
      xs.push({ type: "time", gridIndex: index, min: firstDay(), max: data.today, minInterval: DAY, axisLine: { lineStyle: { color: tones.line } }, axisTick: { show: false }, axisLabel: { show: false, color: tones.quiet, fontSize: 12, hideOverlap: true, formatter: dayName }, splitLine: { show: false }, axisPointer: { label: { show: false } } });
      ys.push({ gridIndex: index, axisLabel: { color: tones.quiet, fontSize: 11 }, splitLine: { lineStyle: { color: tones.line } }, splitNumber: 2, ...axis });
      titles.push({ text: title, left: 52, top: y - 20, textStyle: { fontSize: 13, fontWeight: 600, color: tones.ink } });
      y += height + gap;
      return index;
    };
    const drawn = made.map((lane) => {
      const axis = { type: "value", min: lane.low, max: lane.high, scale: lane.low === null };
      if (lane.bars) Object.assign(axis, { axisLabel: { show: false }, splitLine: { show: false } });
      if (lane.write) Object.assign(axis, hours(lane, tones));
      const index = add(lane.height, lane.title, axis);
      return series(lane, index, tones, data.marks);
    });
    if (data.phases.length) {
      const index = add(26, "Plan", { type: "value", min: 0, max: 1, show: false });
      drawn.push(phases(index, tones));
    }
    if (!drawn.length) {
      holder.hidden = true;
      document.getElementById("timeline-empty").hidden = false;
      return;
    }
    holder.hidden = false;
    xs[xs.length - 1].axisLabel.show = true;
    holder.style.height = `${y + 30}px`;
    const start = shownDays === "all" ? new Date(firstDay()).getTime() : new Date(data.today).getTime() - shownDays * DAY;
    chart.clear();
    chart.resize();
    chart.setOption({
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      title: titles,
      grid: grids,
      xAxis: xs,
      yAxis: ys,
      series: drawn,
      axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: tones.quiet } },
      tooltip: { trigger: "axis", confine: true, backgroundColor: tones.raised, borderColor: tones.line, textStyle: { color: tones.ink, fontSize: 13 }, formatter: words },
      dataZoom: [{ type: "inside", filterMode: "none", xAxisIndex: xs.map((_, index) => index), startValue: start, endValue: new Date(data.today).getTime() + DAY, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false }],
      aria: { enabled: false },
    });
  }

  // The values of the day under the cursor, as nodes, so that no text is read as markup.
  function words(points) {
    const box = document.createElement("div");
    const list = Array.isArray(points) ? points : [points];
    const day = document.createElement("strong");
    day.textContent = dayName(echarts.number.parseDate(list[0].value[0]));
    box.append(day);
    for (const point of list) {
      const value = point.value[1];
      if (point.seriesName === "Plan" || value === null || value === undefined) continue;
      const line = document.createElement("div");
      const write = written.get(point.seriesName) || ((number) => Math.round(number * 10) / 10);
      line.textContent = `${point.seriesName}: ${write(value)}`;
      box.append(line);
    }
    return box;
  }

  draw();
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      shownDays = button.dataset.zoom === "all" ? "all" : Number(button.dataset.zoom);
      for (const one of document.querySelectorAll("[data-zoom]")) one.setAttribute("aria-pressed", String(one === button));
      draw();
    });
  }

  // Lanes in which nothing is open wait behind a button; without any it stays away.
  const more = document.querySelector("[data-more-lanes]");
  more.hidden = data.lanes.every((one) => one.at_once);
  more.addEventListener("click", () => {
    everything = !everything;
    more.setAttribute("aria-pressed", String(everything));
    draw();
  });

  const person = holder.dataset.source.split("/").at(-2);
  for (const kind of ["alert", "proposal", "plan", "consent", "response", "signal", "checkin", "upload"]) {
    document.body.addEventListener(`news:${kind}`, async (event) => {
      if (event.detail.person !== person) return;
      const answer = await fetch(holder.dataset.source);
      if (!answer.ok) {
        location.assign("/clinic/");
        return;
      }
      data = await answer.json();
      draw();
    });
  }
})();
